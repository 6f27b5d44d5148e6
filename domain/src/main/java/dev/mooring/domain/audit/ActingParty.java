package dev.mooring.domain.audit;

import java.util.Optional;

/**
 * Who acts, and from where.
 *
 * @param address of the peer of the connection, IPv4 or IPv6
 * @param requestId that the log and the answer have as well
 */
public record ActingParty(Actor actor, Optional<String> address, Optional<String> requestId) {
    private static final int MAX_LENGTH = 64;

    public static final ActingParty UNKNOWN = local(Actor.UNKNOWN);

    public ActingParty {
        address = address.map(text -> PlainText.of(text, MAX_LENGTH));
        requestId = requestId.map(text -> PlainText.of(text, MAX_LENGTH));
    }

    /** One on this machine, which sends no request. */
    public static ActingParty local(Actor actor) {
        return new ActingParty(actor, Optional.empty(), Optional.empty());
    }
}
