// Registration by challenge (CHAIN.md R23a): a node without state repeats the manager's nonce and is granted an incarnation. It is unique
// without a random source: a count of this manager's grants in the upper half, a keyed hash of everything that differs in the lower.

import * as bytes from "../core/bytes";
import * as config from "../core/config";
import * as counters from "../core/counters";
import * as log from "../core/log";
import * as siphash from "../core/siphash";
import { HASH, Message, Msg } from "../wire/manage";
import * as chain from "./chain";
import { Chain, Peer } from "./chain";
import * as change from "./change";
import { Manage } from "./counters";

let grants: u32 = 0;
export function init(): void { grants = 0; }

/** Another nonce for each registration of each node; until it is used it stays, so that repeated messages do no harm. */
function challenge(c: Chain, index: u32, p: Peer): u64 {
  siphash.begin(chain.KEY);
  siphash.word(chain.incarnation);
  siphash.word(<u64>(c.svc << 8 | index) | <u64>p.registrations << 32);
  return siphash.end(0, 16) | 1;
}

/** Takes a registration. True when the node is registered anew by it. */
export function input(c: Chain, index: u32, msg: Message): bool {
  const p = chain.peer(c, index), nonce = challenge(c, index, p);
  if (!contentFits(c, p, msg)) { counters.add(Manage.wrongContent); return false; }
  if (msg.word != nonce) { counters.add(Manage.challenged); reply(c, index, msg, Msg.challenge, nonce, 0); return false; }
  p.registrations++;
  p.incarnation = draw(c, index, msg);
  p.registered = 1;
  p.askTime = msg.askTime; p.askNonce = msg.askNonce; p.askedAt = chain.now; p.heardAt = chain.judge;
  p.outInc = 0;
  p.view = 0; p.flags = 0; p.progress = 0; p.connections = 0; p.over = 0;
  // It has no state and no lease: a word as good as "left".
  p.told = 0;
  reply(c, index, msg, Msg.granted, p.incarnation, <u32>nonce);
  return true;
}

function draw(c: Chain, index: u32, msg: Message): u64 {
  siphash.begin(chain.KEY);
  siphash.word(chain.incarnation);
  siphash.word(msg.askNonce);
  siphash.word(msg.askTime);
  siphash.word(<u64>(c.svc << 8 | index) | <u64>(++grants) << 32);
  return <u64>grants << 32 | (siphash.end(0, 32) & 0xffffffff);
}

/** Quotes the registration itself, which is not the node's ask yet. */
function reply(c: Chain, index: u32, msg: Message, kind: u32, word: u64, value: u32): void {
  const m = change.to(c, index, kind);
  m.receiverInc = 0;
  m.askTime = msg.askTime; m.askNonce = msg.askNonce;
  m.word = word;
  m.value = value;
  change.send(m);
}

/** A file server needs the very content image that the site has. */
function contentFits(c: Chain, p: Peer, msg: Message): bool {
  const image = config.content();
  if (image == null || chain.service(c).kind != config.Kind.http) return true;
  if (bytes.equal(msg.hash, changetype<usize>(image) + 12, HASH)) return true;
  if (p.refused == 0) {
    p.refused = 1;
    log.begin(log.Level.error);
    log.str("service "); log.num(c.svc); log.str(": node "); log.num(msg.sender); log.str(" has another content image and is not registered");
    log.end();
  }
  return false;
}
