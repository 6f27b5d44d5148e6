package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Events;
import dev.mooring.domain.lifecycle.ClientEvent;

import org.junit.jupiter.api.Test;

/** What every {@link EventLog} must keep. */
public abstract class EventLogContract extends StoreContract {

    @Test
    void anEventOfAnyKindIsTaken() {
        int before = stores().recordedEvents();
        for (ClientEvent event : Events.everyKind()) {
            stores().events().append(event);
        }
        assertThat(stores().recordedEvents()).isEqualTo(before + Events.everyKind().size());
    }

    @Test
    void theSameEventMayHappenAgain() {
        ClientEvent event = Events.everyKind().getFirst();
        stores().events().append(event);
        stores().events().append(event);
        assertThat(stores().recordedEvents()).isEqualTo(2);
    }
}
