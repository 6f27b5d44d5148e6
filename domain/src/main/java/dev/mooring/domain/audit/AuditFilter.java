package dev.mooring.domain.audit;

import dev.mooring.domain.client.ClientId;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Which entries are wanted; what is empty is not asked for.
 *
 * @param actor the name or the id of who acted, of whatever kind
 * @param types words of {@link EventType}, any of which will do
 * @param outcome a word of {@link Outcome}
 * @param from the earliest instant
 * @param to the instant before which it was
 */
public record AuditFilter(
        Optional<ClientId> client,
        Optional<String> actor,
        Set<String> types,
        Optional<String> outcome,
        Optional<Instant> from,
        Optional<Instant> to) {
    /** Everything. */
    public static final AuditFilter ALL = ofTypes(Set.of());

    public AuditFilter {
        types = Set.copyOf(types);
    }

    /** Whatever is of one of these types, or everything if there are none. */
    public static AuditFilter ofTypes(Set<String> types) {
        return new AuditFilter(
                Optional.empty(),
                Optional.empty(),
                types,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** Whether this is one of those. */
    public boolean matches(AuditRecord candidate) {
        AuditEntry entry = candidate.entry();
        return client.map(wanted -> entry.client().equals(Optional.of(wanted))).orElse(true)
                && actor.map(candidate.party().actor()::isCalled).orElse(true)
                && (types.isEmpty() || types.contains(entry.type()))
                && outcome.map(entry.outcome().word()::equals).orElse(true)
                && from.map(start -> !entry.at().isBefore(start)).orElse(true)
                && to.map(entry.at()::isBefore).orElse(true);
    }
}
