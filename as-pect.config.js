// Unit tests of the AssemblyScript core: `npm run spec`, or `npx asp FILE` for one. A spec stands at the path of the file that it tests.
export default {
  entries: ["test/**/*.spec.ts"],
  include: [],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    // The host's side of host/ABI.md, for what reaches it: no log, no entropy, no store, no content.
    const env = { memory, log() {}, entropy: () => 0, store_read: () => 0, store_write() {}, content_read: () => -5 };
    return instantiate(binary, createImports({ env }));
  },
  outputBinary: false,
};
