/* Boot sector: loads the program's sectors from LBA 1 to 0x10000 by the BIOS, with LBA where it knows that and with cylinders, heads and sectors
   else, one sector a call (no DMA across 64 KiB, no track crossed); opens A20, enters protected mode, copies the program to 1 MiB and jumps to it with
   EAX = 'HYDS' and EBX = KiB above 1 MiB. Runs from hard disks, floppies and USB sticks. Bytes 3 to 0x2d stay free: some BIOSes write there. */
    .code16
    .text
    .globl start
/* Offsets of the variables from %bp. */
#define COUNT 2
#define SEGMENT 6
#define LBA 8
#define SECTORS 16
#define HEADS 18
#define TRIES 20
#define DRIVE 21
#define HAS_LBA 22
#define LEFT 24
start:
    jmp 1f
    nop
    .skip 0x2a - 3, 0
1:  cli
    xorw %ax, %ax
    movw %ax, %ss
    movw $0x7c00, %sp
    movw %ax, %ds
    movw $packet, %bp
    sti
    cld
    ljmp $0, $2f
2:  movb %dl, DRIVE(%bp)
    movb $0x41, %ah                  /* does the BIOS know LBA? */
    movw $0x55aa, %bx
    int $0x13
    jc 3f
    cmpw $0xaa55, %bx
    jne 3f
    testb $1, %cl
    jz 3f
    incb HAS_LBA(%bp)
    jmp load
3:  movb DRIVE(%bp), %dl             /* geometry; ES:DI = 0 guards against a BIOS that writes there */
    xorw %di, %di
    movw %di, %es
    movb $8, %ah
    int $0x13
    jc load                          /* the defaults: 1.44 MB */
    andw $0x3f, %cx
    jz load
    movw %cx, SECTORS(%bp)
    movzbw %dh, %ax
    incw %ax
    movw %ax, HEADS(%bp)
load:
    cmpb $0, HAS_LBA(%bp)
    jz 4f
    movw %bp, %si
    movb $0x42, %ah
    jmp read
4:  movw LBA(%bp), %ax
    xorw %dx, %dx
    divw SECTORS(%bp)
    incw %dx
    movw %dx, %cx                    /* sector, from 1 */
    xorw %dx, %dx
    divw HEADS(%bp)
    movb %dl, %dh                    /* head */
    movb %al, %ch
    shlb $6, %ah
    orb %ah, %cl                     /* cylinder, bits 8 and 9 */
    movw SEGMENT(%bp), %es
    xorw %bx, %bx
    movw $0x0201, %ax
read:
    movb DRIVE(%bp), %dl
    int $0x13
    jnc 5f
    decb TRIES(%bp)
    jz fail
    movb DRIVE(%bp), %dl
    xorb %ah, %ah                    /* reset, and again */
    int $0x13
    jmp load
5:  movb $5, TRIES(%bp)
    movb $1, COUNT(%bp)
    addw $0x20, SEGMENT(%bp)
    incw LBA(%bp)
    decw LEFT(%bp)
    jnz load
    call a20                         /* open already? */
    jnz enter
    movw $0x2401, %ax                /* by the BIOS */
    int $0x15
    call a20
    jnz enter
    call keyboard                    /* by the keyboard controller */
    movb $0xd1, %al
    outb %al, $0x64
    call keyboard
    movb $0xdf, %al
    outb %al, $0x60
    call keyboard
    call a20
    jnz enter
    inb $0x92, %al                   /* by system control port A; bit 0 would reset */
    orb $2, %al
    andb $0xfe, %al
    outb %al, $0x92
    call a20
    jnz enter
fail:
    movw $0x0e00 + '!', %ax
    movb $7, %bl
    int $0x10
1:  hlt
    jmp 1b
enter:
    movb $0x88, %ah                  /* KiB above 1 MiB */
    int $0x15
    cli
    movzwl %ax, %ebx
    lgdt gdt
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmp $8, $protected
keyboard:
    xorw %cx, %cx
1:  inb $0x64, %al
    testb $2, %al
    loopnz 1b
    ret
a20:                                 /* ZF clear: open. Waits a little for slow controllers */
    pushw %ds
    pushw %es
    xorw %ax, %ax
    movw %ax, %ds
    notw %ax
    movw %ax, %es
    movw $0x2000, %cx
1:  incw 0x500
    movw 0x500, %ax
    cmpw %es:0x510, %ax
    loope 1b
    popw %es
    popw %ds
    ret
    .code32
protected:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $0x10000, %esi
    movl $0x100000, %edi
    movl $(0x80000 / 4), %ecx
    rep movsl
    movl $0x53445948, %eax           /* 'HYDS' */
    jmp *entry
gdt: .word 23                        /* the null descriptor's place holds the register's value */
    .long gdt
    .word 0
    .quad 0x00cf9b000000ffff, 0x00cf93000000ffff
    .org 0x196
packet: .byte 16, 0                  /* the BIOS's packet for LBA */
    .word 1, 0, 0x1000
    .long 1, 0
    .word 18, 2                      /* sectors, heads */
    .byte 5, 0x80, 0, 0              /* tries, drive, LBA known */
left: .word 0                        /* sectors to load and the entry: tools/image writes them */
entry: .long 0
    .org 0x1b8
    .long 0, 0
    .org 0x1fe
    .word 0xaa55
