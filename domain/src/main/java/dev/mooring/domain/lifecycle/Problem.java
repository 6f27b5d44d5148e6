package dev.mooring.domain.lifecycle;

import java.util.Locale;

/**
 * Why something that depends on an MCP server or its authorization server did not work.
 *
 * @param message for a person; our own words, at most host names and checked protocol words of
 *     others in it
 */
public record Problem(Code code, String message) {

    /** Who has to do something about it. */
    public enum Blame {
        /**
         * The other side answered properly and refuses or lacks something; asking again is vain.
         */
        REFUSED,
        /** The other side could not be reached or does not keep to the protocol. */
        BROKEN,
        /** The other side took longer than our budget. */
        SLOW,
        /** Others came between us and what we were at; asking again may well succeed. */
        NOBODY
    }

    /** What exactly is wrong. */
    public enum Code {
        /** The outbound guard refuses the address. */
        ADDRESS_NOT_ALLOWED(Blame.REFUSED),
        SERVER_UNREACHABLE(Blame.BROKEN),
        SERVER_BROKEN(Blame.BROKEN),
        SERVER_TOO_SLOW(Blame.SLOW),
        /** The server speaks no revision that we speak, or not the one that was insisted on. */
        PROTOCOL_VERSION_UNSUPPORTED(Blame.REFUSED),
        /** The server wants of its client what we do not offer, such as asking the person. */
        CLIENT_CAPABILITY_MISSING(Blame.REFUSED),
        /** A server without OAuth refused us: its static headers are wrong or missing. */
        CREDENTIALS_REFUSED(Blame.REFUSED),
        /** The server refused the access token that its authorization server issued. */
        TOKEN_REFUSED(Blame.REFUSED),
        /** The server wants scopes that the grant does not have. */
        INSUFFICIENT_SCOPE(Blame.REFUSED),
        /** No protected resource metadata, and no endpoints given by hand. */
        AUTHORIZATION_NOT_OFFERED(Blame.REFUSED),
        /** The metadata speaks for another resource (RFC 9728 section 3.3). */
        RESOURCE_MISMATCH(Blame.REFUSED),
        /**
         * The metadata names another issuer than the one it was asked for (RFC 8414 section 3.3).
         */
        ISSUER_MISMATCH(Blame.REFUSED),
        /** Metadata that cannot be used as it is. */
        METADATA_INVALID(Blame.REFUSED),
        /** The server does not announce PKCE with S256, without which MCP forbids to go on. */
        PKCE_UNSUPPORTED(Blame.REFUSED),
        /** Bound tokens are demanded, and the server takes no proofs that we can make. */
        DPOP_UNSUPPORTED(Blame.REFUSED),
        SIGNATURE_UNSUPPORTED(Blame.REFUSED),
        /** Bound tokens are demanded, and the authorization server issued one that is not. */
        TOKEN_NOT_BOUND(Blame.REFUSED),
        /** The server refuses our DPoP proofs, whatever the token: a clock may be wrong. */
        DPOP_PROOF_REFUSED(Blame.REFUSED),
        /** No way to become a client there but by hand: an operator must enter a client id. */
        REGISTRATION_UNSUPPORTED(Blame.REFUSED),
        REGISTRATION_REFUSED(Blame.REFUSED),
        /** The authorization server refuses a grant for which no person is needed. */
        GRANT_REFUSED(Blame.REFUSED),
        /** The identity provider refuses to vouch for us at the authorization server. */
        IDENTITY_PROVIDER_REFUSED(Blame.REFUSED),
        /** The file with the assertion is not there, too large or not an assertion. */
        ASSERTION_UNREADABLE(Blame.REFUSED),
        /** Client id and secret were entered for another issuer than the one that was found. */
        CREDENTIALS_OF_OTHER_ISSUER(Blame.REFUSED),
        /** The authorization server refuses the client id or secret that an operator entered. */
        CLIENT_CREDENTIALS_REFUSED(Blame.REFUSED),
        AUTHORIZATION_SERVER_UNREACHABLE(Blame.BROKEN),
        AUTHORIZATION_SERVER_BROKEN(Blame.BROKEN),
        AUTHORIZATION_SERVER_TOO_SLOW(Blame.SLOW),
        /** No server is at fault: what was begun was changed, removed or broken off meanwhile. */
        CHANGED_MEANWHILE(Blame.NOBODY);

        private final Blame blame;

        Code(Blame blame) {
            this.blame = blame;
        }

        public Blame blame() {
            return blame;
        }

        /** The stable {@code code} of the HTTP contract. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** An operator, or another call, changed the client under our eyes. */
    public static Problem changedMeanwhile() {
        return new Problem(Code.CHANGED_MEANWHILE, "The client was changed meanwhile; try again");
    }

    public Blame blame() {
        return code.blame;
    }
}
