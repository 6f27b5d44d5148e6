package dev.mooring.adapter.persistence;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.fixture.Webhooks;
import dev.mooring.application.port.ConnectionRuns.Outcome;
import dev.mooring.application.port.StoresUnderTest;
import dev.mooring.domain.Secret;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.Origin;
import dev.mooring.domain.oauth.TokenBinding;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Stores that hold something of everything, and the secrets that are in it. */
final class FilledStores {

    private static final ClientId CLIENT = new ClientId("id_of_connected");

    private final StoresUnderTest stores;
    private final Set<String> secrets = new TreeSet<>();

    FilledStores(StoresUnderTest stores) {
        this.stores = stores;
        Clients.everySettings().forEach(settings -> add(Clients.fresh(settings)));
        Clients.everyState().forEach(this::add);
        Registrations.everyKind(CLIENT).forEach(this::add);
        Registration registration = Registrations.dynamic("reg_dynamic");
        addAttempts(registration);
        addGrant(registration);
        addApiKey();
        addWebhook();
        Events.everyKind().forEach(event -> stores.events().append(event));
        Events.everyFate().forEach(event -> stores.events().append(event));
        Events.everyAct().forEach(event -> stores.events().append(event));
        stores.connectionRuns().start(CLIENT, new RunId("run_a"), Duration.ofMinutes(1));
        stores.connectionRuns()
                .finish(CLIENT, new RunId("run_a"), new Outcome.Failed(Clients.UNREACHABLE));
        stores.connectionRuns().start(CLIENT, new RunId("run_b"), Duration.ofMinutes(1));
        stores.pauses().begin(CLIENT, 1, Clients.UNREACHABLE, Duration.ofMinutes(1));
        stores.pauses()
                .begin(
                        URI.create("https://as.example/token"),
                        Clients.UNREACHABLE,
                        Duration.ofMinutes(1));
        stores.revocations().pause(new Origin("https://busy.example"), Duration.ofMinutes(1));
        stores.idempotencyKeys().remember("key", "print", CLIENT, Duration.ofDays(1));
    }

    /** Every secret that was stored, in the clear. */
    Set<String> secrets() {
        return secrets;
    }

    /** Everything that can be read back through the ports. */
    static List<Object> everythingOf(StoresUnderTest stores) {
        List<Object> everything = new ArrayList<>();
        Clients.everyState().forEach(client -> everything.add(stores.clients().find(client.id())));
        Clients.everySettings()
                .forEach(settings -> everything.add(stores.clients().find(settings.name())));
        Registrations.everyKind(CLIENT)
                .forEach(one -> everything.add(stores.registrations().find(one.id())));
        everything.add(stores.attempts().newest(CLIENT));
        everything.add(stores.attempts().overdue(MutableClock.START.plus(Duration.ofDays(1)), 100));
        everything.add(stores.attempts().abandoned(MutableClock.START.plus(Duration.ofDays(1)), 9));
        everything.add(stores.grants().ofClient(CLIENT));
        everything.add(stores.webhooks().list());
        everything.add(stores.webhooks().secrets(Webhooks.of("siem").id()));
        everything.add(
                stores.revocations().take(9, 9, List.of(), Duration.ZERO).stream()
                        .map(stores.revocations()::open)
                        .toList());
        everything.add(
                stores.deregistrations().take(9, 9, List.of(), Duration.ZERO).stream()
                        .map(stores.deregistrations()::open)
                        .toList());
        return everything;
    }

    private void add(McpClient client) {
        stores.clients().insert(client);
        ClientSettings settings = client.settings();
        settings.connection().headers().byName().values().forEach(this::remember);
        settings.oauth()
                .flatMap(oauth -> oauth.settings().clientSecret())
                .ifPresent(this::remember);
    }

    private void add(Registration registration) {
        stores.registrations().keep(registration);
        registration.credentials().secret().ifPresent(this::remember);
        if (registration instanceof Registration.Dynamic dynamic) {
            dynamic.management().ifPresent(management -> remember(management.accessToken()));
        }
    }

    /** One of each state; only the newest two are open. */
    private void addAttempts(Registration registration) {
        int ordinal = 1;
        Started any = Attempts.started(CLIENT, 1, registration);
        for (int end = 0; end < Attempts.everyEndOf(any).size(); end++) {
            Started started = insert(ordinal++, registration);
            stores.attempts().end(started, Attempts.everyEndOf(started).get(end));
        }
        Redeeming anyClaimed = Attempts.claimed(any);
        for (int end = 0; end < Attempts.everyEndOf(anyClaimed).size(); end++) {
            Redeeming claimed = claim(insert(ordinal++, registration));
            AuthorizationAttempt.Ended ended = Attempts.everyEndOf(claimed).get(end);
            stores.attempts().end(claimed, ended);
        }
        claim(insert(ordinal++, registration));
        insert(ordinal, registration);
    }

    private Started insert(int ordinal, Registration registration) {
        DpopKey key = new DpopKey("dpop-key-of-attempt-" + ordinal);
        Started started =
                Attempts.started(CLIENT, ordinal, registration, new TokenBinding.Offered(key));
        remember(key);
        stores.attempts().insert(started);
        remember(started.request().verifier());
        String url = started.request().authorizeUrl().value();
        secrets.add(url);
        secrets.add(url.replaceFirst(".*[?&]state=([^&]*).*", "$1"));
        return started;
    }

    private Redeeming claim(Started started) {
        Redeeming claimed = Attempts.claimed(started);
        stores.attempts().claim(claimed);
        secrets.add(Attempts.CODE.value());
        return claimed;
    }

    private void addGrant(Registration registration) {
        Grant grant = Grants.boundGrant("grant_1", CLIENT, 1, registration, 1);
        stores.grants().put(grant);
        stores.grants().lease(grant, Grants.refreshing(grant, "run_r"), Duration.ofMinutes(1));
        Grant other = Grants.boundGrant("grant_2", CLIENT, 2, registration, 2);
        stores.revocations().add(Grants.revocation(other, registration));
        Registration.Dynamic forgotten =
                Registrations.managed("reg_forgotten", registration.issuer());
        stores.deregistrations().add(Deregistration.of(forgotten).orElseThrow());
        forgotten.management().ifPresent(management -> remember(management.accessToken()));
        for (Grant each : List.of(grant, other)) {
            remember(each.tokens().accessToken());
            each.tokens().refreshToken().ifPresent(this::remember);
            each.binding().key().ifPresent(this::remember);
        }
    }

    private void addWebhook() {
        Webhook webhook = Webhooks.of("siem");
        SigningSecrets first = Webhooks.secretsOf("siem");
        SigningSecrets rotated =
                first.rotated(Webhooks.secretsOf("other").current(), MutableClock.START);
        stores.webhooks().insert(webhook, first, 0);
        stores.webhooks().storeSecrets(webhook.id(), rotated);
        remember(first.current());
        remember(rotated.current());
    }

    private void addApiKey() {
        ApiKeySecret secret = new ApiKeySecret("mrg_the-secret-of-the-key");
        stores.apiKeys()
                .insert(
                        ApiKey.made(
                                new ApiKeyId("key_1"),
                                "admin",
                                Role.ADMIN,
                                Optional.empty(),
                                secret.digest(),
                                MutableClock.START,
                                Optional.empty()));
        remember(secret);
    }

    private void remember(Secret secret) {
        secrets.add(secret.value());
    }
}
