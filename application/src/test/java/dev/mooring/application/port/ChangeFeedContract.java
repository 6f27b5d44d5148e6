package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.domain.client.ClientId;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** What every {@link ChangeFeed} must keep. */
public abstract class ChangeFeedContract extends StoreContract {
    private final List<ClientId> heard = new CopyOnWriteArrayList<>();
    private final AtomicInteger gaps = new AtomicInteger();

    private final ChangeFeed.Listener listener =
            new ChangeFeed.Listener() {
                @Override
                public void changed(ClientId client) {
                    heard.add(client);
                }

                @Override
                public void mayHaveMissed() {
                    gaps.incrementAndGet();
                }
            };

    /** A feed over the stores that nobody follows yet. */
    protected abstract ChangeFeed feed();

    @Test
    void whoFollowsHearsOfACommittedChange() {
        follow();
        ClientId client = insertClient("files");

        stores().unitOfWork().run(() -> remove(client));

        Eventually.holds("the removal is told", () -> heard.contains(client));
    }

    @Test
    void nobodyHearsOfWhatWasNotCommitted() {
        follow();
        ClientId undone = insertClient("undone");
        ClientId done = insertClient("done");
        try {
            stores().unitOfWork()
                    .run(() -> {
                        remove(undone);
                        throw new UnsupportedOperationException("never mind");
                    });
        } catch (UnsupportedOperationException expected) {
            // The unit is undone.
        }
        stores().unitOfWork().run(() -> remove(done));

        Eventually.holds("the removal is told", () -> heard.contains(done));
        assertThat(heard).doesNotContain(undone);
    }

    @Test
    void whoBeginsToFollowIsToldThatSomethingMayHaveBeenMissed() {
        follow();
        assertThat(gaps.get()).isPositive();
    }

    private void follow() {
        ChangeFeed feed = feed();
        feed.follow(listener);
        Eventually.holds("the feed is live", () -> feed.isLive() && gaps.get() > 0);
    }

    private void remove(ClientId client) {
        stores().events().append(Events.removed(client, Clients.CREATED));
    }
}
