package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Events;
import dev.mooring.domain.audit.AuditEntry;
import dev.mooring.domain.audit.Detail;

import org.junit.jupiter.api.Test;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

class EventsToldTest {
    /** Whoever reads the trail by program would have to look each time. */
    @Test
    void aDetailOfOneNameHasOneForm() {
        Map<String, Set<Class<?>>> forms = new HashMap<>();
        Stream.concat(
                        Events.everyKind().stream().map(AuditEntry::of),
                        Events.everyAct().stream().map(AuditEntry::of))
                .flatMap(entry -> entry.details().stream())
                .forEach(detail ->
                        forms.computeIfAbsent(detail.name(), unseen -> new HashSet<>())
                                .add(detail.getClass()));

        assertThat(forms).hasSizeGreaterThan(10);
        assertThat(forms).allSatisfy((name, seen) -> assertThat(seen).as(name).hasSize(1));
        assertThat(forms.get("scopes")).containsExactly(Detail.Words.class);
    }
}
