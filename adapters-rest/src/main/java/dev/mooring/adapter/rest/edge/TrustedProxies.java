package dev.mooring.adapter.rest.edge;

import static java.lang.System.Logger.Level.INFO;

import io.helidon.common.socket.PeerInfo;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The proxies whose word about who called them is believed. Each adds the address of its peer at
 * the right end of a header; what stands further left anybody may have written. So it is read from
 * the right, and only for as long as the one who wrote it is trusted. Safe for use by many threads.
 */
public final class TrustedProxies {
    /** Nobody is believed. */
    public static final TrustedProxies NONE =
            new TrustedProxies(address -> false, ForwardingHeader.X_FORWARDED_FOR);

    private static final System.Logger LOG = System.getLogger(TrustedProxies.class.getName());

    /** Nobody has longer chains, and whoever is trusted by mistake must not make us read much. */
    private static final int MOST_HOPS = 32;

    /** An address, perhaps with a port; one of IPv6 that has a port is in brackets. */
    private static final Pattern NODE =
            Pattern.compile(
                    "(?<four>[0-9]{1,3}(?:\\.[0-9]{1,3}){3})(?::[0-9A-Za-z._-]{1,32})?"
                            + "|\\[(?<six>[0-9A-Fa-f:.]{2,45})](?::[0-9A-Za-z._-]{1,32})?"
                            + "|(?<bare>[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,45})");

    private final Predicate<InetAddress> trusts;
    private final ForwardingHeader header;
    private final HeaderName name;
    private final AtomicBoolean told = new AtomicBoolean();

    /**
     * Which header they write. The other one is never read: they pass on what a caller wrote there.
     */
    public enum ForwardingHeader {
        /** What nearly all of them write: addresses with commas between. */
        X_FORWARDED_FOR("X-Forwarded-For") {
            @Override
            Optional<String> node(String element) {
                return Optional.of(element);
            }
        },

        /** RFC 7239 section 4: the same and more, as pairs. */
        FORWARDED("Forwarded") {
            @Override
            Optional<String> node(String element) {
                List<String> nodes =
                        fromTheRight(element, ';').stream()
                                .filter(pair -> pair.regionMatches(true, 0, "for=", 0, 4))
                                .map(pair -> pair.substring(4).replaceFirst("^\"(.*)\"$", "$1"))
                                .toList();
                // Each parameter occurs once in an element at most.
                return nodes.size() == 1 ? Optional.of(nodes.getFirst()) : Optional.empty();
            }
        };

        private final String word;

        ForwardingHeader(String word) {
            this.word = word;
        }

        /** What an element says of the peer of who added it. */
        abstract Optional<String> node(String element);

        /**
         * By its name, in whatever case.
         *
         * @throws IllegalArgumentException if it is neither
         */
        public static ForwardingHeader parse(String text) {
            return Arrays.stream(values())
                    .filter(each -> each.word.equalsIgnoreCase(text))
                    .findFirst()
                    .orElseThrow(() ->
                            new IllegalArgumentException(
                                    "must be "
                                            + Arrays.stream(values())
                                                    .map(each -> each.word)
                                                    .collect(Collectors.joining(" or "))));
        }
    }

    /**
     * Those at certain addresses.
     *
     * @param trusts whether an address is one of theirs
     * @param header in which they tell their peer
     */
    public TrustedProxies(Predicate<InetAddress> trusts, ForwardingHeader header) {
        this.trusts = trusts;
        this.header = header;
        name = HeaderNames.create(header.word);
    }

    /** Who calls: the peer, or who it speaks for if that is its trade. Never throws. */
    CallerAddress callerOf(PeerInfo peer, Headers headers) {
        List<String> said = headers.all(name, List::of);
        return !said.isEmpty() && peer.address() instanceof InetSocketAddress socket
                ? CallerAddress.of(callerOf(socket.getAddress(), String.join(",", said)))
                : CallerAddress.of(peer);
    }

    InetAddress callerOf(InetAddress peer, String said) {
        if (!trusts.test(peer)) {
            tell(peer);
            return peer;
        }
        InetAddress caller = peer;
        for (String element : fromTheRight(said, ',')) {
            Optional<InetAddress> before = header.node(element).flatMap(TrustedProxies::address);
            if (before.isEmpty()) {
                // Nobody knows who it was (RFC 7239 section 6: "unknown", or a name), or it is
                // not what a proxy writes; what stands before it is nobody's word.
                return caller;
            }
            caller = before.get();
            if (!trusts.test(caller)) {
                return caller;
            }
        }
        return caller;
    }

    /** Once: whoever runs us behind a proxy should know that all its callers count as one. */
    private void tell(InetAddress peer) {
        if (!told.get() && told.compareAndSet(false, true)) {
            LOG.log(
                    INFO,
                    "{0} sends {1} and is no trusted proxy, so it counts as the caller itself",
                    peer.getHostAddress(),
                    header.word);
        }
    }

    /**
     * The parts of a text, the last one first. Read from the right, a quotation mark that a caller
     * never closed swallows nothing of what proxies added behind it.
     */
    private static List<String> fromTheRight(String list, char separator) {
        List<String> elements = new ArrayList<>();
        boolean quoted = false;
        int end = list.length();
        for (int at = end - 1; at >= -1 && elements.size() < MOST_HOPS; at--) {
            char character = at < 0 ? separator : list.charAt(at);
            if (character == '"') {
                quoted = !quoted;
            } else if (character == separator && (!quoted || at < 0)) {
                String element = list.substring(at + 1, end).strip();
                end = at;
                if (!element.isEmpty()) {
                    elements.add(element);
                }
            }
        }
        return elements;
    }

    private static Optional<InetAddress> address(String node) {
        Matcher matcher = NODE.matcher(node);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            return Stream.of("four", "six", "bare")
                    .flatMap(form -> Optional.ofNullable(matcher.group(form)).stream())
                    .findFirst()
                    .map(InetAddress::ofLiteral);
        } catch (IllegalArgumentException looksLikeOneAndIsNone) {
            return Optional.empty();
        }
    }
}
