package dev.mooring.domain.access;

import static dev.mooring.domain.access.Permission.CHANGE_CLIENTS;
import static dev.mooring.domain.access.Permission.EXECUTE_TOOLS;
import static dev.mooring.domain.access.Permission.READ_AUDIT;
import static dev.mooring.domain.access.Permission.READ_CLIENTS;
import static dev.mooring.domain.access.Permission.READ_KEYS;

import dev.mooring.domain.InvalidValueException;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * What a caller is here for. Secrets are read by nobody.
 *
 * <p>Each role may do all that a viewer may. An auditor and an operator have nothing else in
 * common: who changes things does not read what is recorded about it, and the other way round.
 */
public enum Role {
    /** Sees the clients. */
    VIEWER,
    /** Sees everything, also the keys and the audit trail, and changes nothing. */
    AUDITOR,
    /** Does everything on clients. */
    OPERATOR,
    /** Does everything, also keeps the keys. */
    ADMIN;

    public Set<Permission> permissions() {
        return switch (this) {
            case VIEWER -> EnumSet.of(READ_CLIENTS);
            case AUDITOR -> EnumSet.of(READ_CLIENTS, READ_KEYS, READ_AUDIT);
            case OPERATOR -> EnumSet.of(READ_CLIENTS, CHANGE_CLIENTS, EXECUTE_TOOLS);
            case ADMIN -> EnumSet.allOf(Permission.class);
        };
    }

    /** The name of the role in the HTTP contract and in tokens. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Role parse(String word) {
        return Arrays.stream(values())
                .filter(role -> role.word().equals(word))
                .findFirst()
                .orElseThrow(() ->
                        new InvalidValueException(
                                "role", "must be viewer, auditor, operator or admin"));
    }
}
