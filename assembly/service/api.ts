// All that a built-in service may call. In a node the replication layer stands behind it; a service compiled as a module of its own gets the
// same functions as imports. `c` is the connection's number in its service, p an address of the service's own memory.

export { recv, skip, unread, send, room, close, abort, setTimer, now, random, content, contentSize, state, param } from "../ft/api";
