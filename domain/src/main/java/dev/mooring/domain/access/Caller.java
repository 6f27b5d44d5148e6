package dev.mooring.domain.access;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who is calling, as far as we could establish it.
 *
 * @param voucher where {@code id} comes from: one and the same id may mean two callers
 * @param id the one of the key, or the issuer's for its user; never given to anybody else
 * @param name for people; two callers may have the same one
 * @param roles of a user possibly several, of which each adds what it may
 * @param permissions what the caller may do, which is within what its roles may
 * @param browser whether a browser that signed in here made the call
 */
public record Caller(
        Voucher voucher,
        String id,
        String name,
        Set<Role> roles,
        Set<Permission> permissions,
        boolean browser) {

    /** Who vouches for a caller. */
    public enum Voucher {
        /** One of our API keys, by its id. */
        API_KEY,

        /** The OpenID Connect issuer, by its subject identifier. */
        ISSUER
    }

    public Caller {
        roles = Set.copyOf(roles);
        permissions = Set.copyOf(permissions);
    }

    /** The holder of an API key. */
    public static Caller holding(ApiKey key) {
        return new Caller(
                Voucher.API_KEY,
                key.id().value(),
                key.name(),
                Set.of(key.role()),
                key.permissions(),
                false);
    }

    /** A user of the issuer. */
    public static Caller user(String id, String name, Set<Role> roles, boolean browser) {
        return new Caller(Voucher.ISSUER, id, name, roles, permissionsOf(roles), browser);
    }

    private static Set<Permission> permissionsOf(Set<Role> roles) {
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        roles.forEach(role -> permissions.addAll(role.permissions()));
        return permissions;
    }

    public boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    /** Whether the roles alone would do, so that it is the key that says no. */
    public boolean mayByRole(Permission permission) {
        return permissionsOf(roles).contains(permission);
    }

    /** Tells apart all callers, whoever vouches for them; has no meaning beyond that. */
    public String identity() {
        return voucher + " " + id;
    }

    /** The words of the roles, for people. */
    public String roleWords() {
        return roles.stream().sorted().map(Role::word).collect(Collectors.joining(", "));
    }
}
