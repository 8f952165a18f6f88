// A redirector: a router that copies what belongs to a replicated service to its chain, and the view manager.

import * as clock from "../core/clock";
import * as config from "../core/config";
import { TimerKind } from "../core/timerkind";
import * as frame from "../core/frame";
import * as ring from "../core/ring";
import * as wheel from "../core/wheel";
import * as env from "../env";
import { Net } from "../net/counters";
import * as eth from "../net/eth";
import * as ip from "../net/ip";
import * as net from "../net/net";
import * as udp from "../net/udp";
import { Verdict } from "../net/verdict";
import * as manager from "../manage/manager";
import * as redirector from "../redirector/redirector";
import * as entropy from "./entropy";
import * as node from "./node";
import * as store from "./store";

const BATCH: u32 = 64;
