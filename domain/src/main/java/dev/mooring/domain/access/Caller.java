package dev.mooring.domain.access;

/** Who is calling, as far as we could establish it. */
public record Caller(String name, Role role) {}
