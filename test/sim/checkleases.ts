// Checks what the manager says, and who speaks to clients, by the messages on the wire alone: R17, R18 and R19 of CHAIN.

import { Mode } from "./config.ts";
import { Violation } from "./engine.ts";
import { messageOf, type Message, Msg, viewIn } from "./messages.ts";
import { type SimNode } from "./node.ts";
import { addr, ipAt, Proto, u16, u32 } from "./packet.ts";
import { recordedViews } from "./record.ts";
import { hostId, VHOST, type World } from "./world.ts";

export class LeaseChecker {
  private readonly vhost = addr(VHOST);
  /** Primary's node by service and view number, as the manager told it. */
  private readonly primary = new Map<string, number>();
  /** Latest end of a lease, on the host's clock, by service, host and boot. */
  private readonly until = new Map<string, number>();

  constructor(private readonly world: World) {}

  private fail(text: string): never { throw new Violation(text); }

  /** Each frame that leaves a node. */
  left(node: SimNode, frame: Uint8Array): void {
    if (node === this.world.redirector) this.told(frame);
    else if (this.world.hosts.includes(node)) this.spoke(node, frame);
  }

  private told(frame: Uint8Array): void {
    const m = messageOf(frame);
    if (!m || (m.kind !== Msg.view && m.kind !== Msg.grant)) return;
    const host = this.world.host(m.receiver), key = `${m.service}:${m.number}`;
    if (m.kind === Msg.view) this.view(frame, m, key);
    else this.grant(m, host);
    if (this.primary.get(key) !== m.receiver) return;
    const at = leaseOf(m.service, host), end = m.askTime + this.world.site.leaseMs * 1000;
    this.until.set(at, Math.max(end, this.until.get(at) ?? 0));
  }

  /** R17: told after it was recorded. R19: to the new primary once nobody else may speak. */
  private view(frame: Uint8Array, m: Message, key: string): void {
    const v = viewIn(frame, m), store = this.world.redirector.store, recorded = store ? recordedViews(store).get(m.service) : undefined;
    if (store && (recorded?.number !== v.number || recorded.nodes.join() !== v.nodes.join())) this.fail(`the manager tells view ${v.number} of ${names(v.nodes)}, its record has view ${recorded?.number ?? 0} of ${names(recorded?.nodes ?? [])} (R17)`);
    this.primary.set(key, v.nodes[0]);
    if (m.receiver !== v.nodes[0]) return;
    for (let j = 0; j < this.world.hosts.length; j++) {
      if (hostId(j) !== m.receiver && this.world.check.mayExist(m.service, j)) this.fail(`the manager promotes ${names([m.receiver])} in view ${v.number} while s${j} may speak (R19)`);
    }
  }

  /** R18: only to a member that is in the view. */
  private grant(m: Message, host: SimNode): void {
    if (!host.up) return;
    const view = this.world.check.viewAt(m.service, m.receiver - hostId(0));
    if (view !== 0 && view < m.number) this.fail(`the manager grants ${host.name} a lease of view ${m.number}, it is in view ${view} (R18)`);
  }

  /** R18: whoever speaks has a lease by its own clock, counted from its ask. */
  private spoke(host: SimNode, frame: Uint8Array): void {
    const ip = ipAt(frame);
    if (ip < 0 || frame[ip + 9] !== Proto.tcp || u32(frame, ip + 12) !== this.vhost) return;
    const svc = this.world.services.findIndex(s => s.port === u16(frame, ip + 20));
    if (svc < 0 || this.world.services[svc].mode !== Mode.ft) return;
    const late = host.clock() - (this.until.get(leaseOf(svc, host)) ?? 0);
    if (late > 0) this.fail(`${host.name} speaks ${(late / 1000).toFixed(3)} ms after the end of its lease (R18)`);
  }
}

const leaseOf = (svc: number, host: SimNode): string => `${svc}:${host.name}:${host.boots}`;
const names = (nodes: number[]): string => (nodes.length ? nodes.map(n => `s${n - hostId(0)}`).join(" ") : "nobody");
