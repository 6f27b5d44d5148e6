package dev.mooring.domain.access;

import dev.mooring.domain.InvalidValueException;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** One kind of thing that a caller may do. Roles are made of them; an API key may have fewer. */
public enum Permission {
    /** Sees MCP clients, their tools, and how consent stands. */
    READ_CLIENTS("clients:read"),
    /** Registers, edits, connects and removes MCP clients, asks for consent and revokes it. */
    CHANGE_CLIENTS("clients:write"),
    /** Has an MCP server execute a tool. */
    EXECUTE_TOOLS("tools:execute"),
    /** Sees which API keys there are, never a key itself. */
    READ_KEYS("keys:read"),
    /** Makes and deletes API keys. */
    CHANGE_KEYS("keys:write"),
    /** Reads the audit trail. */
    READ_AUDIT("audit:read");

    private final String scope;

    Permission(String scope) {
        this.scope = scope;
    }

    /** What the HTTP contract calls it in the scopes of an API key. */
    public String scope() {
        return scope;
    }

    /** Empty for a word that only another version knows. */
    public static Optional<Permission> find(String scope) {
        return Arrays.stream(values())
                .filter(permission -> permission.scope.equals(scope))
                .findFirst();
    }

    public static Permission parse(String scope) {
        return find(scope)
                .orElseThrow(() ->
                        new InvalidValueException(
                                "scopes",
                                Arrays.stream(values())
                                        .map(Permission::scope)
                                        .collect(Collectors.joining(", ", "must be of ", ""))));
    }
}
