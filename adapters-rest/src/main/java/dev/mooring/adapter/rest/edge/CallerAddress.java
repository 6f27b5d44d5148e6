package dev.mooring.adapter.rest.edge;

import io.helidon.common.socket.PeerInfo;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;

/**
 * Where a request comes from.
 *
 * @param text the address, for people
 * @param network what is counted as one: an IPv6 host may choose among all addresses of its /64
 *     (RFC 4291 section 2.5.1)
 */
record CallerAddress(String text, String network) {
    static CallerAddress of(InetAddress address) {
        // The zone of a link-local IPv6 address means something on this machine only.
        String text = address.getHostAddress().replaceFirst("%.*", "");
        return new CallerAddress(
                text,
                address instanceof Inet6Address
                        ? HexFormat.of().formatHex(address.getAddress(), 0, 8)
                        : text);
    }

    /** Of the peer itself, whoever it speaks for. */
    static CallerAddress of(PeerInfo peer) {
        return peer.address() instanceof InetSocketAddress socket && socket.getAddress() != null
                ? of(socket.getAddress())
                : new CallerAddress(peer.host(), peer.host());
    }
}
