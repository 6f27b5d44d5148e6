package dev.mooring.adapter.http;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The hosts and networks that may be private, loopback or plain http. Written as a comma list whose
 * entries are
 *
 * <ul>
 *   <li>a host name, {@code mcp.internal}: allows whatever this name resolves to;
 *   <li>a suffix, {@code *.svc.cluster.local}: the same for every name below it, not for itself;
 *   <li>an address or CIDR block, {@code 10.1.0.0/16} or {@code ::1}: allows every host all of
 *       whose addresses are in it.
 * </ul>
 *
 * <p>Each may end in {@code :port} (an IPv6 one is then in brackets, {@code [fd00::/8]:8443}) and
 * is else for all ports.
 */
public final class OutboundAllow {

    public static final OutboundAllow NOTHING = new OutboundAllow(List.of());

    private static final Pattern BRACKETS = Pattern.compile("\\[([^\\[\\]]*)](?::(.*))?");
    private static final Pattern WITH_PORT = Pattern.compile("([^:]*):([^:]*)");
    private static final Pattern NAME =
            Pattern.compile(
                    "(\\*\\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*");

    private sealed interface Entry {

        OptionalInt port();

        default boolean isFor(int candidate) {
            return port().isEmpty() || port().getAsInt() == candidate;
        }
    }

    private record Name(String name, OptionalInt port) implements Entry {}

    private record Suffix(String dotAndSuffix, OptionalInt port) implements Entry {}

    private record Block(Network network, OptionalInt port) implements Entry {}

    private final List<Entry> entries;

    private OutboundAllow(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /**
     * Reads a comma list; blank means nothing.
     *
     * @throws IllegalArgumentException if an entry cannot be read; the message names it
     */
    public static OutboundAllow parse(String list) {
        List<Entry> entries = new ArrayList<>();
        if (!list.isBlank()) {
            for (String part : list.split(",", -1)) {
                entries.add(entry(part.strip().toLowerCase(Locale.ROOT)));
            }
        }
        return new OutboundAllow(entries);
    }

    private static Entry entry(String text) {
        Matcher brackets = BRACKETS.matcher(text);
        if (brackets.matches()) {
            return entry(text, brackets.group(1), Optional.ofNullable(brackets.group(2)));
        }
        Matcher withPort = WITH_PORT.matcher(text);
        return withPort.matches()
                ? entry(text, withPort.group(1), Optional.of(withPort.group(2)))
                : entry(text, text, Optional.empty());
    }

    private static Entry entry(String whole, String host, Optional<String> portText) {
        OptionalInt port =
                portText.map(text -> OptionalInt.of(port(whole, text))).orElse(OptionalInt.empty());
        Optional<Network> network = Network.parse(host);
        if (network.isPresent()) {
            return new Block(network.get(), port);
        }
        if (!NAME.matcher(host).matches() || Destination.endsInNumber(host)) {
            throw new IllegalArgumentException(
                    "\""
                            + whole
                            + "\" is not a host name, *.suffix, address or CIDR block, with or"
                            + " without :port");
        }
        return host.startsWith("*.") ? new Suffix(host.substring(1), port) : new Name(host, port);
    }

    private static int port(String whole, String text) {
        int port = text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "\"" + whole + "\" has a port that is not between 1 and 65535");
        }
        return port;
    }

    boolean allowsName(Destination destination) {
        return entries.stream()
                .filter(entry -> entry.isFor(destination.port()))
                .anyMatch(entry ->
                        switch (entry) {
                            case Name name -> name.name().equals(destination.host());
                            case Suffix suffix ->
                                    destination.host().endsWith(suffix.dotAndSuffix());
                            case Block _ -> false;
                        });
    }

    boolean allowsAddress(InetAddress address, int port) {
        return entries.stream()
                .filter(entry -> entry.isFor(port))
                .anyMatch(
                        entry -> entry instanceof Block block && block.network().contains(address));
    }
}
