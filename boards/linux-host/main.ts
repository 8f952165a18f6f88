// Entry of a host server: the exports of host/ABI.md, and a look inside for the simulator.

export { abi } from "../../assembly/node/node";
export { init, poll } from "../../assembly/node/host";
export { status } from "../../assembly/node/hoststatus";
export { common as command } from "../../assembly/node/commands";
export { connection as inspect, service as inspectService, history as historyAt } from "../../assembly/ft/inspect";
