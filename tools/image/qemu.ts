// QEMU's command line for a board and an image.

import type { Board, NicPlace } from "./board.ts";

export interface Machine {
  /** How the image comes in. */
  image: string;
  kind: "img" | "elf" | "floppy" | "cdrom";
  /** Station addresses by NIC: QEMU's NE2000 listens to the one it was given, whatever its registers say. */
  macs: string[];
  /** QEMU's -netdev values without the id, by NIC; NICs without one are left out. */
  netdevs: string[];
  /** MiB, where not the board's. */
  memory?: number;
  /** Where the serial console goes (QEMU's -serial value). */
  serial: string;
  /** Content for a Multiboot program, loaded beside it. */
  content?: string;
}

const MODELS = { any: "rtl8139", ne2000: "ne2k_pci", rtl8139: "rtl8139", pcnet: "pcnet", i8255x: "i82557b", dc21143: "tulip" };

/** The arguments of qemu-system-i386. No monitor, no display; it ends when the guest powers off or is killed. */
export function qemuArgs(board: Board, m: Machine): string[] {
  const q = board.qemu;
  if (!q) throw new Error(`board ${board.name}: QEMU has no such machine`);
  const disk = `file=${m.image},format=raw`;
  return [
    "-machine", q.machine, "-cpu", q.cpu, "-m", String(m.memory ?? Math.ceil(board.memoryKiB / 1024)), "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none",
    ...(board.vga ? ["-device", q.machine === "isapc" ? "isa-vga" : "VGA"] : []), "-serial", m.serial, "-rtc", "base=utc",
    ...(m.kind === "elf" ? ["-kernel", m.image, ...(m.content ? ["-initrd", m.content] : [])] : m.kind === "floppy" ? ["-drive", `${disk},if=floppy`] : m.kind === "cdrom" ? ["-cdrom", m.image] : ["-drive", `${disk},if=ide`]),
    ...m.netdevs.flatMap((n, i) => ["-netdev", withId(n, `n${i}`), "-device", `${device(board.nics[i], q.nics?.[i])},netdev=n${i}${m.macs[i] ? `,mac=${m.macs[i]}` : ""}`]),
  ];
}

/** "dgram,local.type=unix,..." with its id. */
function withId(netdev: string, id: string): string {
  const [kind, ...rest] = netdev.split(",");
  return [kind, `id=${id}`, ...rest].join(",");
}

function device(n: NicPlace, model?: string): string {
  return n.bus === "isa" ? `ne2k_isa,iobase=0x${n.port!.toString(16)},irq=${n.irq}` : model ?? MODELS[n.chip ?? "any"];
}
