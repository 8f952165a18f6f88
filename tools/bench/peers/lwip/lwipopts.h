// lwIP's settings: the raw API in one thread, as fast as it goes: windows and send buffers of 1 MB, the C library's memory, its fastest checksum.

#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_ICMP 1
#define LWIP_UDP 0
#define LWIP_RAW 0
#define LWIP_STATS 0

#define MEM_ALIGNMENT 8
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_SIZE (64 * 1024 * 1024)
#define PBUF_POOL_SIZE 4096
#define PBUF_POOL_BUFSIZE 1536

#define TCP_MSS 1460
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 5
#define TCP_WND (1024 * 1024)
#define TCP_SND_BUF (1024 * 1024)
#define TCP_SND_QUEUELEN 4096
#define TCP_SNDLOWAT (32 * TCP_MSS)
#define TCP_SNDQUEUELOWAT 256
#define MEMP_NUM_TCP_SEG 16384
#define MEMP_NUM_TCP_PCB 1024
#define TCP_LISTEN_BACKLOG 1
#define TCP_QUEUE_OOSEQ 1
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_TIMESTAMPS 1
#define TCP_OVERSIZE TCP_MSS

#define LWIP_CHKSUM_ALGORITHM 3
#define LWIP_CHECKSUM_ON_COPY 1
#define LWIP_RAND() ((u32_t)rand())

#endif
