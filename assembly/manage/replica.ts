// What the agent asks of the replicas: the only file here that knows them.

export { awaitState, caughtUp, connections, cookies, feed, install, lease, leave, notable, orderOn, stopOrdering, stopped, suspicion, viewNumber } from "../ft/ft";
