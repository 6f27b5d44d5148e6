package dev.mooring.domain.oauth;

import java.util.Optional;
import java.util.Set;

/** Whether an authorization asks for tokens that are bound to a key of ours (RFC 9449). */
public enum DpopUse {
    NONE,
    /** They are asked for, and a bearer token is taken all the same. */
    PREFERRED,
    /** No other tokens are taken. */
    REQUIRED;

    /** What we sign proofs with, and every party of RFC 9449 is likely to know. */
    public static final String ALGORITHM = "ES256";

    /**
     * Chooses: the operator's word counts first; else the MCP server's metadata, or a challenge
     * that offers nothing but DPoP, leaves no choice (RFC 9728 section 2, RFC 9449 section 7.1); a
     * challenge that offers DPoP beside Bearer leaves one, and the bound token is the safer one. An
     * authorization server that merely lists algorithms asks for nothing: a bound token would be
     * useless at an MCP server that does not know the scheme.
     *
     * @return empty where bound tokens are demanded and not to be had
     */
    public static Optional<DpopUse> choose(
            DpopPolicy policy,
            DpopDemand demand,
            AccessChallenge challenge,
            AuthorizationServer server) {
        boolean possible =
                server.maySupportDpop()
                        && takesOurs(demand.algorithms())
                        && takesOurs(challenge.proofAlgorithms());
        Set<TokenType> offered = challenge.schemes();
        boolean demanded = demand.required() || offered.equals(Set.of(TokenType.DPOP));
        return switch (policy) {
            case NEVER -> Optional.of(NONE);
            case ALWAYS -> possible ? Optional.of(REQUIRED) : Optional.empty();
            case WHERE_ASKED -> {
                if (demanded) {
                    yield possible ? Optional.of(REQUIRED) : Optional.empty();
                }
                yield Optional.of(possible && offered.contains(TokenType.DPOP) ? PREFERRED : NONE);
            }
        };
    }

    private static boolean takesOurs(Set<String> algorithms) {
        return algorithms.isEmpty() || algorithms.contains(ALGORITHM);
    }
}
