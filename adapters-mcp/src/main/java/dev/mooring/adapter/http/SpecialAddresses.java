package dev.mooring.adapter.http;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which addresses are not plain public ones, after the IANA special-purpose registries (RFC 6890).
 * IPv4 is allowed but for the listed blocks. IPv6 is refused but for global unicast without its
 * listed blocks; an address that only wraps an IPv4 one for a translator (RFC 6052) is judged by
 * what it wraps.
 */
final class SpecialAddresses {

    private record Block(Network network, String name) {

        static Block of(String cidr, String name) {
            return new Block(Network.of(cidr), name);
        }
    }

    private static final List<Block> IPV4 =
            List.of(
                    Block.of("0.0.0.0/8", "unspecified"),
                    Block.of("10.0.0.0/8", "private"),
                    Block.of("100.64.0.0/10", "carrier-grade NAT"),
                    Block.of("127.0.0.0/8", "loopback"),
                    Block.of("169.254.0.0/16", "link-local or cloud metadata"),
                    Block.of("172.16.0.0/12", "private"),
                    Block.of("192.0.0.0/24", "protocol assignments"),
                    Block.of("192.0.2.0/24", "documentation"),
                    Block.of("192.88.99.0/24", "6to4 relay"),
                    Block.of("192.168.0.0/16", "private"),
                    Block.of("198.18.0.0/15", "benchmarking"),
                    Block.of("198.51.100.0/24", "documentation"),
                    Block.of("203.0.113.0/24", "documentation"),
                    Block.of("224.0.0.0/4", "multicast"),
                    Block.of("240.0.0.0/4", "reserved or broadcast"));

    private static final List<Block> IPV6 =
            List.of(
                    Block.of("::/128", "unspecified"),
                    Block.of("::1/128", "loopback"),
                    Block.of("64:ff9b:1::/48", "local-use translation"),
                    Block.of("2001::/32", "Teredo"),
                    Block.of("2001::/23", "protocol assignments"),
                    Block.of("2001:db8::/32", "documentation"),
                    Block.of("2002::/16", "6to4"),
                    Block.of("3fff::/20", "documentation"),
                    Block.of("fc00::/7", "unique local or cloud metadata"),
                    Block.of("fe80::/10", "link-local"),
                    Block.of("fec0::/10", "site-local"),
                    Block.of("ff00::/8", "multicast"));

    private static final Network GLOBAL_UNICAST = Network.of("2000::/3");
    private static final Network TRANSLATED = Network.of("64:ff9b::/96");

    private SpecialAddresses() {}

    /** What kind of special address this is; empty for a plain public one. */
    static Optional<String> kindOf(InetAddress address) {
        InetAddress judged = withoutTranslation(address);
        boolean six = judged instanceof Inet6Address;
        for (Block block : six ? IPV6 : IPV4) {
            if (block.network().contains(judged)) {
                return Optional.of(block.name());
            }
        }
        return six && !GLOBAL_UNICAST.contains(judged)
                ? Optional.of("not global unicast")
                : Optional.empty();
    }

    /**
     * The IPv4 address that an IPv6-only network reaches through this one (RFC 6052 section 2.1),
     * else the address.
     */
    static InetAddress withoutTranslation(InetAddress address) {
        if (!TRANSLATED.contains(address)) {
            return address;
        }
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(address.getAddress(), 12, 16));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }
}
