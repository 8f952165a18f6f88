// Who may speak, and until when: shared by everything that one service (or the node itself) says to clients (CHAIN R18).

@unmanaged export class Voice {
  mute: u32;      // 1: packets are thrown away where they would leave
  pad: u32;
  until: u64;     // microseconds on `clock.now` until which a frame may leave; 0: no limit
}
if (offsetof<Voice>() != 16) ERROR("Voice: layout");
