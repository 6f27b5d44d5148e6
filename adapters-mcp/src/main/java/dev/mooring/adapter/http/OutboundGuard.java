package dev.mooring.adapter.http;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Decides what may be called. A name is looked up once, every address it has is checked, and
 * exactly these addresses are handed on to be dialled, so that a name that changes its answer gains
 * nothing.
 */
final class OutboundGuard {

    private static final Logger LOGGER = System.getLogger(OutboundGuard.class.getName());

    private final OutboundAllow allow;
    private final BoundedLookup lookup;

    OutboundGuard(OutboundAllow allow, BoundedLookup lookup) {
        this.allow = allow;
        this.lookup = lookup;
    }

    /**
     * The addresses to dial, each of which may be.
     *
     * @throws OutboundException if the name is unknown, or one of its addresses may not be called
     */
    List<InetAddress> addresses(Destination destination, Duration timeout) {
        List<InetAddress> addresses = lookup.resolve(destination, timeout);
        if (!allow.allowsName(destination)) {
            addresses.forEach(address -> check(destination, address));
        }
        return addresses;
    }

    /** Whether the operator listed this destination, by name or with all the given addresses. */
    boolean isListed(Destination destination, List<InetAddress> addresses) {
        return allow.allowsName(destination)
                || (!addresses.isEmpty()
                        && addresses.stream().allMatch(address -> isListed(destination, address)));
    }

    private boolean isListed(Destination destination, InetAddress address) {
        return allow.allowsAddress(address, destination.port())
                || allow.allowsAddress(
                        SpecialAddresses.withoutTranslation(address), destination.port());
    }

    private void check(Destination destination, InetAddress address) {
        if (isListed(destination, address)) {
            return;
        }
        Optional<String> kind = SpecialAddresses.kindOf(address);
        if (kind.isPresent()) {
            // Which address it is stays here: an answer that says it would map the inner network.
            LOGGER.log(
                    Level.INFO,
                    "{0} is refused: {1} is {2}",
                    destination,
                    address.getHostAddress(),
                    kind.get());
            throw OutboundException.refused(
                    "%s is refused: its address is not a public one".formatted(destination));
        }
        requireSecure(destination);
    }

    /**
     * OAuth 2.1 section 1.5 and MCP ask for https; plain http is the operator's explicit exception.
     */
    static void requireSecure(Destination destination) {
        if (!destination.secure()) {
            throw OutboundException.refused(
                    "%s is refused: only allow-listed hosts may be called over http"
                            .formatted(destination));
        }
    }
}
