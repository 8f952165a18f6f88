/* The table of functions by which a trap names its place; tools/image writes it from the first link, so that the second has it. */
    .section .symbols, "a"
    .balign 4
    .globl symbols
symbols:
#ifdef SYMBOLS
    .incbin SYMBOLS
#else
    .long 0
#endif
    .section .note.GNU-stack, "", @progbits
