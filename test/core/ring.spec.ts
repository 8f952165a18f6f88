import { RX_RING, TX_RING } from "../../assembly/core/sizes";
import { Ring, RxSlot, TxSlot } from "../../assembly/core/ring";
import * as counters from "../../assembly/core/counters";
import * as frame from "../../assembly/core/frame";
import * as ring from "../../assembly/core/ring";

function tx(i: u32): TxSlot { return changetype<TxSlot>(<usize>ring.at(0).txSlots + <usize>((i & (TX_RING - 1)) << 5)); }
function rx(i: u32): RxSlot { return changetype<RxSlot>(<usize>ring.at(0).rxSlots + <usize>((i & (RX_RING - 1)) << 4)); }

describe("ring", () => {
  beforeEach(() => { frame.init(); counters.clear(); });

  test("init_posts_buffers_on_the_first_interfaces_alone", () => {
    ring.init(1);
    expect(ring.at(0).rxPosted).toBe(RX_RING);
    expect(ring.at(1).rxPosted).toBe(0);
    expect(ring.at(0).rxBufSize).toBe(frame.CAPACITY);
    for (let i: u32 = 0; i < RX_RING; i++) expect(rx(i).ptr).not.toBe(0);
  });
  test("frames_are_taken_in_the_order_in_which_the_nic_filled_them_and_their_buffers_are_the_takers", () => {
    ring.init(1);
    const first = rx(0).ptr, second = rx(1).ptr;
    rx(0).len = 60; rx(1).len = 1514;
    ring.at(0).rxFilled = 2;
    expect(<u32>ring.take(0)).toBe(first); expect(ring.takenLen).toBe(60);
    expect(<u32>ring.take(0)).toBe(second); expect(ring.takenLen).toBe(1514);
    expect(<u32>ring.take(0)).toBe(0);
    const before = frame.available();
    ring.post(0);                        // two slots are free again
    expect(ring.at(0).rxPosted).toBe(RX_RING + 2);
    expect(frame.available()).toBe(before - 2);
  });
  test("a_length_that_no_buffer_has_counts_as_none", () => {
    ring.init(1);
    rx(0).len = frame.CAPACITY + 1;
    ring.at(0).rxFilled = 1;
    expect(ring.take(0)).not.toBe(0);
    expect(ring.takenLen).toBe(0);
  });
  test("the_last_buffers_are_not_posted", () => {
    ring.init(0);
    while (frame.available() > 8) frame.alloc();
    ring.post(0);
    expect(ring.at(0).rxPosted).toBe(0);
    expect(frame.available()).toBe(8);
  });
  test("what_is_sent_keeps_its_buffers_until_the_nic_counts_it", () => {
    ring.init(0);
    const all = frame.available(), head = frame.alloc(), body = frame.alloc();
    expect(ring.send(0, head, 54, body, 1000, 77)).toBeTruthy();
    expect(<usize>tx(0).head).toBe(head); expect(tx(0).headLen).toBe(54);
    expect(<usize>tx(0).body).toBe(body); expect(tx(0).bodyLen).toBe(1000);
    expect(tx(0).deadline == 77).toBeTruthy();
    ring.reclaim(0);
    expect(frame.available()).toBe(all - 2);
    ring.at(0).txSent = 1;
    ring.reclaim(0);
    expect(frame.available()).toBe(all);
  });
  test("a_full_ring_refuses_counts_and_keeps_no_buffer", () => {
    ring.init(0);
    const all = frame.available(), shared = frame.alloc();
    for (let i: u32 = 0; i < TX_RING; i++) { frame.ref(shared); expect(ring.send(0, shared, 60, 0, 0, 0)).toBeTruthy(); }
    expect(ring.room(0)).toBe(0);
    frame.ref(shared);
    expect(ring.send(0, shared, 60, 0, 0, 0)).toBeFalsy();
    expect(counters.get(counters.Core.txFull)).toBe(1);
    ring.at(0).txSent = 3;                // the NIC goes on: send finds room by itself
    frame.ref(shared);
    expect(ring.send(0, shared, 60, 0, 0, 0)).toBeTruthy();
    expect(ring.room(0)).toBe(2);
    ring.at(0).txSent = ring.at(0).txQueued;
    ring.reclaim(0);
    frame.free(shared);
    expect(frame.available()).toBe(all);
  });
  test("counts_go_on_around_the_wrap", () => {
    ring.init(0);
    const r = ring.at(0);
    r.txQueued = r.txSent = r.txReclaimed = 0xfffffffe;
    for (let i = 0; i < 5; i++) {
      expect(ring.send(0, frame.alloc(), 60, 0, 0, 0)).toBeTruthy();
      r.txSent++;
      ring.reclaim(0);
    }
    expect(r.txReclaimed).toBe(3);
    expect(ring.room(0)).toBe(TX_RING);
  });
});
