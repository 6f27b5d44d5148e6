package dev.mooring.domain.oauth;

import java.util.Set;

/**
 * What the metadata of an MCP server says about DPoP (RFC 9728 section 2).
 *
 * @param required whether it takes bound tokens only
 * @param algorithms which signatures it takes in proofs; empty when it does not say. That it lists
 *     some asks for nothing: there are servers which list them and know only bearer tokens
 */
public record DpopDemand(boolean required, Set<String> algorithms) {
    /** Nothing is said. */
    public static final DpopDemand NONE = new DpopDemand(false, Set.of());

    public DpopDemand {
        algorithms = Set.copyOf(algorithms);
    }
}
