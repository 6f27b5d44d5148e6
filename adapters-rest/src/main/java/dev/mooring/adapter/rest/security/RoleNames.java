package dev.mooring.adapter.rest.security;

import dev.mooring.domain.access.Role;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the issuer calls our roles, in the claim {@code roles} or {@code groups} of its tokens. */
public record RoleNames(
        Set<String> viewer, Set<String> auditor, Set<String> operator, Set<String> admin) {
    public static final RoleNames DEFAULT =
            new RoleNames(
                    Set.of("mooring-viewer"),
                    Set.of("mooring-auditor"),
                    Set.of("mooring-operator"),
                    Set.of("mooring-admin"));

    private static final List<String> CLAIMS = List.of("roles", "groups");

    public RoleNames {
        viewer = Set.copyOf(viewer);
        auditor = Set.copyOf(auditor);
        operator = Set.copyOf(operator);
        admin = Set.copyOf(admin);
    }

    /** All of our roles that the claims name. */
    Set<Role> rolesIn(Map<String, ?> claims) {
        List<?> named =
                CLAIMS.stream()
                        .map(claims::get)
                        .flatMap(claim ->
                                claim instanceof Collection<?> many
                                        ? many.stream()
                                        : Stream.ofNullable(claim))
                        .toList();
        return Arrays.stream(Role.values())
                .filter(role -> namesOf(role).stream().anyMatch(named::contains))
                .collect(Collectors.toUnmodifiableSet());
    }

    private Set<String> namesOf(Role role) {
        return switch (role) {
            case VIEWER -> viewer;
            case AUDITOR -> auditor;
            case OPERATOR -> operator;
            case ADMIN -> admin;
        };
    }
}
