/* The 32-bit entry of a board's program: Multiboot 1 header, image header, first descriptors, stack, stubs of exceptions and interrupts. The boot
   sector (sector.S) and Multiboot loaders both come to _start, with EAX telling which. */
    .section .header, "a"
multiboot:
    .long 0x1badb002, 0x00010003, -(0x1badb002 + 0x00010003)   /* pages aligned, memory told, addresses below: the raw program boots too */
    .long multiboot, program_start, program_end, cleared_end, _start
    .org 64
/* Image header (docs/boards.md): tools/image writes what is zero here. */
    .ascii "HYDI"
    .short 1, 64                     /* version, length */
    .long program_size
    .long cleared_end                /* memory that the program needs, up to here */
    .long 0, 0, 0                    /* content: where (0 none, 1 in memory, 2 on the disk), address or LBA, bytes */
    .long 0                          /* LBA of the record, 0: none */
    .long 0, 0, 0, 0, 0, 0, 0, 0
    .section .board, "a"
    .globl board_block
board_block: .skip 512
    .section .config, "a"
    .globl configuration
configuration: .skip 16384

    .section .text.start, "ax"
    .code32
    .globl _start, start_again
_start:
    cli
    movl %eax, boot_magic
    movl %ebx, boot_value
    movl $0, starts
start_again:
    cli
    cld
    lgdt first_gdt_register
    ljmp $0x08, $1f
1:  movl $0x10, %ecx
    movl %ecx, %ds
    movl %ecx, %es
    movl %ecx, %ss
    movl %ecx, %fs
    movl %ecx, %gs
    movl $cleared_start, %edi
    movl $cleared_end, %ecx
    subl %edi, %ecx
    shrl $2, %ecx
    xorl %eax, %eax
    rep stosl
    movl $stack_top, %esp
    pushl $0
    popfl
    incl starts
    call shim

/* Accessed bits are set beforehand: nothing writes here. */
    .section .rodata
    .align 8
first_gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
first_gdt_register:
    .short 23
    .long first_gdt

    .text
/* Exceptions: vector and error code pushed alike, then a frame for the C side. Stubs are 16 bytes apart. */
    .globl exception_stubs, interrupt_stubs
    .align 16
exception_stubs:
vector = 0
    .rept 32
    .align 16
    .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17)
    .else
    pushl $0
    .endif
    pushl $vector
    jmp exception
    vector = vector + 1
    .endr
    .align 16
exception:
    pushal
    cld
    pushl %esp
    call exception_taken

/* Interrupts: the handler runs with interrupts off, on the stack of what it interrupted. */
    .align 16
interrupt_stubs:
vector = 0
    .rept 16
    .align 16
    pushl $vector
    jmp interrupt
    vector = vector + 1
    .endr
    .align 16
interrupt:
    pushal
    cld
    pushl %esp
    call interrupt_taken
    addl $4, %esp
    popal
    addl $4, %esp
    iret

    .section .bss
    .align 16
    .globl stack_bottom, stack_top
stack_bottom: .skip STACK_SIZE
stack_top:
/* What survives a start anew. */
    .section .kept, "aw", @nobits
    .globl boot_magic, boot_value, starts, fault_text
boot_magic: .skip 4
boot_value: .skip 4
starts: .skip 4
    .section .note.GNU-stack, "", @progbits
