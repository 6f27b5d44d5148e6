package dev.mooring.adapter.http;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An IP address block.
 *
 * @param address its first address
 * @param prefix the number of leading bits that all its addresses share
 */
public record Network(InetAddress address, int prefix) {

    private static final Pattern LITERAL =
            Pattern.compile(
                    "(?:(?:0|[1-9]\\d{0,2})\\.){3}(?:0|[1-9]\\d{0,2})|[0-9a-f:]*:[0-9a-f:.]*");

    public Network {
        if (prefix < 0 || prefix > address.getAddress().length * 8) {
            throw new IllegalArgumentException(
                    "prefix length " + prefix + " does not fit the address");
        }
    }

    /** A block in CIDR notation, or a single address. */
    public static Optional<Network> parse(String text) {
        String[] parts = text.split("/", -1);
        if (!LITERAL.matcher(parts[0]).matches()) {
            return Optional.empty();
        }
        try {
            InetAddress address = InetAddress.ofLiteral(parts[0]);
            return switch (parts.length) {
                case 1 -> Optional.of(new Network(address, address.getAddress().length * 8));
                case 2 ->
                        parts[1].matches("\\d{1,3}")
                                ? Optional.of(new Network(address, Integer.parseInt(parts[1])))
                                : Optional.empty();
                default -> Optional.empty();
            };
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    static Network of(String cidr) {
        return parse(cidr).orElseThrow();
    }

    public boolean contains(InetAddress candidate) {
        byte[] mine = address.getAddress();
        byte[] theirs = candidate.getAddress();
        if (mine.length != theirs.length) {
            return false;
        }
        for (int bit = 0; bit < prefix; bit++) {
            int mask = 0x80 >> bit % 8;
            if ((mine[bit / 8] & mask) != (theirs[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
