package dev.mooring.adapter.rest.edge;

import com.fasterxml.jackson.annotation.JsonValue;

import java.util.Locale;

/** The family an error belongs to: who has to act, and how. */
public enum ErrorType {
    /** The request is wrong; sending it again is vain. */
    INVALID_REQUEST,
    /** There is no credential, or none that counts. */
    AUTHENTICATION,
    /** The credential is good and does not suffice. */
    PERMISSION,
    NOT_FOUND,
    /** The request contradicts what is stored. */
    CONFLICT,
    /** The MCP server or its authorization server refuses, fails or dawdles. */
    UPSTREAM,
    /** We are at fault. */
    INTERNAL,
    /** Sending the same request later may succeed; {@code Retry-After} says when. */
    UNAVAILABLE;

    /** The name in the HTTP contract. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
