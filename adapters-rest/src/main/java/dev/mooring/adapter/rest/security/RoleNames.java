package dev.mooring.adapter.rest.security;

import dev.mooring.domain.access.Role;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What the issuer calls our roles, in the claim {@code roles} or {@code groups} of its tokens. */
public record RoleNames(Set<String> viewer, Set<String> operator, Set<String> admin) {
    public static final RoleNames DEFAULT =
            new RoleNames(
                    Set.of("mooring-viewer"), Set.of("mooring-operator"), Set.of("mooring-admin"));

    private static final List<String> CLAIMS = List.of("roles", "groups");

    public RoleNames {
        viewer = Set.copyOf(viewer);
        operator = Set.copyOf(operator);
        admin = Set.copyOf(admin);
    }

    /** The most powerful of our roles that the claims name. */
    Optional<Role> roleIn(Map<String, ?> claims) {
        List<?> named =
                CLAIMS.stream()
                        .map(claims::get)
                        .flatMap(claim ->
                                claim instanceof Collection<?> many
                                        ? many.stream()
                                        : Stream.ofNullable(claim))
                        .toList();
        return Stream.of(Role.ADMIN, Role.OPERATOR, Role.VIEWER)
                .filter(role -> namesOf(role).stream().anyMatch(named::contains))
                .findFirst();
    }

    private Set<String> namesOf(Role role) {
        return switch (role) {
            case VIEWER -> viewer;
            case OPERATOR -> operator;
            case ADMIN -> admin;
        };
    }
}
