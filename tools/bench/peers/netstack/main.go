// gVisor's netstack as a server, for comparison: echo at port 7, discard at 9, a stream without end at 5010, on a raw socket of its own, read by
// recvmmsg, written by sendmmsg.
//
//	netstack-server INTERFACE MAC ADDRESS
package main

import (
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const (
	nic    = 1
	queue  = 8 << 20
	stream = 1 << 20
	block  = 256 << 10
)

func must(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func mustTCP(what string, err tcpip.Error) {
	if err != nil {
		must(what, fmt.Errorf("%v", err))
	}
}

// raw opens a packet socket on an interface.
func raw(name string) int {
	i, err := net.InterfaceByName(name)
	must("interface", err)
	all := uint16(unix.ETH_P_ALL>>8 | unix.ETH_P_ALL<<8)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	must("socket", err)
	must("PACKET_IGNORE_OUTGOING", unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1))
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, queue)
	must("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: i.Index}))
	return fd
}

func start(name string, mac net.HardwareAddr, address tcpip.Address) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	sack, cubic := tcpip.TCPSACKEnabled(true), tcpip.CongestionControlOption("cubic")
	mustTCP("SACK", s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))
	mustTCP("cubic", s.SetTransportProtocolOption(tcp.ProtocolNumber, &cubic))
	send := tcpip.TCPSendBufferSizeRangeOption{Min: 4096, Default: stream, Max: 4 * stream}
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4096, Default: stream, Max: 4 * stream}
	mustTCP("send buffer", s.SetTransportProtocolOption(tcp.ProtocolNumber, &send))
	mustTCP("receive buffer", s.SetTransportProtocolOption(tcp.ProtocolNumber, &receive))
	link, err := fdbased.New(&fdbased.Options{
		FDs: []int{raw(name)}, MTU: 1500, EthernetHeader: true, Address: tcpip.LinkAddress(mac), PacketDispatchMode: fdbased.RecvMMsg,
		GSOMaxSize: 65536, GVisorGSOEnabled: true,
	})
	must("link", err)
	mustTCP("interface", s.CreateNIC(nic, link))
	protocol := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: address, PrefixLen: 24}}
	mustTCP("address", s.AddProtocolAddress(nic, protocol, stack.AddressProperties{}))
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}})
	return s
}

func offer(s *stack.Stack, address tcpip.Address, port uint16, serve func(net.Conn)) {
	l, err := gonet.ListenTCP(s, tcpip.FullAddress{NIC: nic, Addr: address, Port: port}, ipv4.ProtocolNumber)
	must("listen", err)
	go func() {
		for {
			c, err := l.Accept()
			must("accept", err)
			go func() { serve(c); c.Close() }()
		}
	}()
}

func pour(c net.Conn) {
	b := make([]byte, block)
	for {
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

func main() {
	if len(os.Args) != 4 {
		must("words", fmt.Errorf("INTERFACE MAC ADDRESS"))
	}
	mac, err := net.ParseMAC(os.Args[2])
	must("MAC", err)
	address := tcpip.AddrFromSlice(net.ParseIP(os.Args[3]).To4())
	s := start(os.Args[1], mac, address)
	offer(s, address, 7, func(c net.Conn) { io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{c}, make([]byte, 4096)) })
	offer(s, address, 9, func(c net.Conn) { io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, block)) })
	offer(s, address, 5010, pour)
	fmt.Println("ready")
	select {}
}
