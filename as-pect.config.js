// Unit tests of the AssemblyScript core: `npm run spec`, or `npx asp FILE` for one. A spec stands at the path of the file that it tests.
export default {
  entries: ["test/{core,wire,net,tcp,ft,manage,redirector,node,service,nic}/**/*.spec.ts"],
  include: [],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: { memory } }));
  },
  outputBinary: false,
};
