// Entry of a redirector: the exports of host/ABI.md.

export { abi } from "../../assembly/node/node";
export { init, poll } from "../../assembly/node/redirector";
export { status, command } from "../../assembly/node/redirectorstatus";
