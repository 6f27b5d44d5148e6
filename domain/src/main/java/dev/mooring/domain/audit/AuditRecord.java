package dev.mooring.domain.audit;

/**
 * An entry in its place in the trail.
 *
 * @param number greater than that of all that could be read before this could
 */
public record AuditRecord(long number, AuditEntry entry, ActingParty party) {}
