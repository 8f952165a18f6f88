// Which instructions a linked file may hold: those of its board's CPU. A translator such as QEMU's runs later ones on an old CPU without a word, so
// nothing but looking at the code tells.

import { run } from "../lab/process.ts";
import type { Board } from "./board.ts";

/** What a 486 without FPU has of what gcc and our assembly write; what is not in it is refused. */
const I486 = new Set(`aaa aad aam aas adc add and arpl bound bsf bsr bswap bt btc btr bts call cbtw clc cld cli clts cltd cmc cmp cmps cmpxchg cwtd cwtl daa das dec div enter hlt idiv imul in inc
ins int int3 into invd invlpg iret ja jae jb jbe jcxz je jecxz jg jge jl jle jmp jne jno jnp jns jo jp js lahf lds lea leave les lfs lgdt lgs lidt lldt lmsw lods loop loope loopne lsl lss ltr mov
movs movsb movsw movzb movzw mul neg nop not or out outs pop popa popf push pusha pushf rcl rcr ret rol ror sahf sar sbb scas set seta setae setb setbe sete setg setge setl setle setne setno
setnp setns seto setp sets sgdt shl shld shr shrd sidt sldt smsw stc std sti stos str sub test verr verw wait wbinvd xadd xchg xlat xor movabs movsbl movsbw movswl movzbl movzbw movzwl lret ljmp lcall cs ds es fs gs ss rep repz repnz lock data16 addr16`.split(/\s+/));
/** What a Pentium has more, as far as we use it: nothing. */
const SUFFIXED = /^(.*?)[bwl]$/;

/** Throws with the first instructions that the CPU does not have. */
export function checkOpcodes(elf: string, cpu: Board["cpu"]): void {
  const bad = foreign(run("objdump", ["-d", "--no-show-raw-insn", "-M", "suffix", elf]));
  if (bad.length) throw new Error(`${elf}: instructions that a ${cpu} without FPU does not have:\n${bad.slice(0, 20).join("\n")}`);
}

/** The lines of a disassembly with another instruction. */
export function foreign(text: string): string[] {
  return text.split("\n").filter(line => {
    const m = /^\s*[0-9a-f]+:\s+(.*)$/.exec(line);
    if (!m) return false;
    const words = m[1].trim().split(/\s+/);
    while (words.length > 1 && /^(rep|repz|repnz|lock|data16|addr16|cs|ds|es|fs|gs|ss)$/.test(words[0])) words.shift();
    return !known(words[0]) || /\bst\b|%(mm|xmm|st|k\d)/.test(m[1]) || (/^nop./.test(words[0]) && words.length > 1);
  });
}

function known(word: string): boolean {
  if (I486.has(word)) return true;
  const m = SUFFIXED.exec(word);
  return m !== null && I486.has(m[1]);
}
