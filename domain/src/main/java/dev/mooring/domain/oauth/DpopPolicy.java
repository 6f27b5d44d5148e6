package dev.mooring.domain.oauth;

import java.util.Optional;

/** What an operator says about tokens that are bound to a key of ours (RFC 9449). */
public enum DpopPolicy {
    /** Nothing: what the MCP server asks for is done. */
    WHERE_ASKED,
    /** No other tokens are taken. */
    ALWAYS,
    NEVER;

    /** The operator's word. */
    public static DpopPolicy of(boolean bound) {
        return bound ? ALWAYS : NEVER;
    }

    /** The operator's word; empty where nothing was said. */
    public Optional<Boolean> bound() {
        return switch (this) {
            case WHERE_ASKED -> Optional.empty();
            case ALWAYS -> Optional.of(true);
            case NEVER -> Optional.of(false);
        };
    }
}
