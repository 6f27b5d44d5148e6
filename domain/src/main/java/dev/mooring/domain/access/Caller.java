package dev.mooring.domain.access;

/**
 * Who is calling, as far as we could establish it.
 *
 * @param name of which there is one for each voucher
 */
public record Caller(String name, Voucher voucher, Role role) {

    /** Where a name comes from: one and the same may mean two callers. */
    public enum Voucher {
        /** The holder of one of our API keys, by the name of the key. */
        API_KEY,

        /** A user of the OpenID Connect issuer. */
        ISSUER
    }
}
