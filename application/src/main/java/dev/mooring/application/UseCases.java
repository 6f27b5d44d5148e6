package dev.mooring.application;

import dev.mooring.application.port.Ports;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Every use case, wired to the ports. Make it once for a process, as it counts what goes on in it;
 * then begin {@link #followChanges()} and run the {@link #jobs}.
 */
public record UseCases(
        RegisterClient registerClient,
        FindClients findClients,
        EditClient editClient,
        RemoveClient removeClient,
        HandleAuthorizationResponse handleAuthorizationResponse,
        CompleteAuthorization completeAuthorization,
        ReauthorizeClient reauthorizeClient,
        ReconnectClient reconnectClient,
        RevokeGrant revokeGrant,
        ExecuteTool executeTool,
        DescribeOAuthClient describeOAuthClient,
        AuthenticateApiKey authenticateApiKey,
        KeepApiKeys keepApiKeys,
        KeepHistory keepHistory,
        FollowEvents followEvents,
        RecordRefusals recordRefusals,
        RecordSignIn recordSignIn,
        KeepWebhooks keepWebhooks,
        DeliverWebhooks deliverWebhooks,
        RecordKeyUse recordKeyUse,
        SweepAttempts sweepAttempts,
        ForgetRegistrations forgetRegistrations,
        DeleteRegistrations deleteRegistrations,
        DeliverRevocations deliverRevocations,
        RenewGrants renewGrants,
        FollowChanges followChanges,
        KeepConnected keepConnected) {

    /**
     * What has to be done again and again, for as long as the process lives. Each wants a thread of
     * its own, as none may wait for one that waits for a slow server.
     *
     * @param auditRetention how long the audit trail is kept
     */
    public List<Job> jobs(Duration auditRetention) {
        return List.of(
                new Job("events", Duration.ofMillis(400), followEvents::poll),
                new Job("changes", Duration.ofSeconds(1), followChanges::handle),
                new Job("renewals", Duration.ofSeconds(1), renewGrants::handle),
                new Job("webhooks", Duration.ofSeconds(1), deliverWebhooks::handle),
                new Job("revocations", Duration.ofSeconds(2), deliverRevocations::handle),
                new Job("deletions", Duration.ofSeconds(10), deleteRegistrations::handle),
                new Job("debts", Duration.ofSeconds(15), this::measureDebts),
                new Job("connections", Duration.ofSeconds(30), keepConnected::handle),
                new Job("sweep", Duration.ofSeconds(30), sweepAttempts::handle),
                keyUses(),
                refusals(),
                new Job("registrations", Duration.ofMinutes(10), forgetRegistrations::handle),
                new Job("old attempts", Duration.ofHours(1), sweepAttempts::forget),
                new Job(
                        "retention",
                        Duration.ofHours(1),
                        () -> keepHistory.forget(auditRetention)));
    }

    private void measureDebts() {
        deliverRevocations.measure();
        deleteRegistrations.measure();
    }

    /**
     * Those to run once more at an orderly stop, when nobody calls any more: what they write is
     * noted in memory alone until then.
     */
    public List<Job> lastJobs() {
        return List.of(keyUses(), refusals());
    }

    private Job keyUses() {
        return new Job("key uses", Duration.ofMinutes(1), recordKeyUse::handle);
    }

    private Job refusals() {
        return new Job("refusals", Duration.ofMinutes(5), recordRefusals::handle);
    }

    /**
     * Wires them.
     *
     * @param clock the time of day, the same on all nodes: that of the store which they share
     * @param random makes identifiers and secrets, so it must be cryptographically strong
     * @param background runs what nobody waits for, on other threads than the caller's
     */
    public static UseCases of(
            Ports ports,
            OAuthClientProfile profile,
            Timing timing,
            InstantSource clock,
            RandomGenerator random,
            Executor background) {
        var holdTokens = new HoldTokens(background);
        var registrations = new DocumentedRegistrations(ports.registrations(), profile);
        var retireRegistration =
                new RetireRegistration(ports.unitOfWork(), registrations, ports.events(), clock);
        var chooseRegistration =
                new ChooseRegistration(
                        ports.unitOfWork(),
                        registrations,
                        retireRegistration,
                        ports.deregistrations(),
                        ports.attempts(),
                        ports.grants(),
                        ports.events(),
                        ports.registrar(),
                        profile,
                        holdTokens,
                        clock,
                        random);
        var advanceAttempt = new AdvanceAttempt(ports.attempts(), ports.events());
        var prepareAuthorization =
                new PrepareAuthorization(ports.connector(), ports.discovery(), chooseRegistration);
        var beginAuthorization =
                new BeginAuthorization(
                        ports.unitOfWork(),
                        ports.clients(),
                        ports.attempts(),
                        advanceAttempt,
                        registrations,
                        prepareAuthorization,
                        chooseRegistration,
                        ports.dpopKeys(),
                        timing,
                        clock,
                        random);
        var oweTokens = new OweTokens(ports.grants(), registrations, ports.revocations());
        var requestToken =
                new RequestToken(ports.tokenEndpoint(), ports.discovery(), ports.assertionFiles());
        var obtainAccessToken =
                new ObtainAccessToken(
                        ports.unitOfWork(),
                        ports.clients(),
                        ports.grants(),
                        ports.pauses(),
                        registrations,
                        retireRegistration,
                        oweTokens,
                        ports.events(),
                        ports.tokenEndpoint(),
                        requestToken,
                        ports.renewalMeter(),
                        holdTokens,
                        timing,
                        clock,
                        random);
        var obtainGrant =
                new ObtainGrant(
                        ports.unitOfWork(),
                        ports.clients(),
                        ports.attempts(),
                        ports.grants(),
                        ports.pauses(),
                        oweTokens,
                        ports.events(),
                        prepareAuthorization,
                        beginAuthorization,
                        requestToken,
                        holdTokens,
                        timing,
                        clock,
                        random);
        var connectClient =
                new ConnectClient(
                        ports.unitOfWork(),
                        ports.clients(),
                        ports.attempts(),
                        ports.connectionRuns(),
                        ports.events(),
                        ports.connector(),
                        obtainAccessToken,
                        obtainGrant,
                        timing,
                        clock,
                        random);
        var deliverRevocations =
                new DeliverRevocations(
                        ports.unitOfWork(),
                        ports.grants(),
                        ports.registrations(),
                        ports.revocations(),
                        ports.revocationEndpoint(),
                        ports.events(),
                        ports.debtMeter(),
                        background,
                        timing,
                        clock,
                        random);
        var endAuthorization =
                new EndAuthorization(
                        ports.attempts(),
                        advanceAttempt,
                        ports.grants(),
                        oweTokens,
                        ports.events());
        var storeGrant =
                new StoreGrant(
                        ports.unitOfWork(),
                        ports.clients(),
                        advanceAttempt,
                        ports.grants(),
                        ports.pauses(),
                        oweTokens,
                        holdTokens,
                        timing,
                        clock,
                        random);
        var addClient =
                new AddClient(ports.clients(), ports.idempotencyKeys(), ports.events(), clock);
        var recordKeyUse = new RecordKeyUse(ports.apiKeys());
        return new UseCases(
                new RegisterClient(
                        ports.unitOfWork(),
                        ports.clients(),
                        ports.attempts(),
                        ports.idempotencyKeys(),
                        ports.events(),
                        ports.connector(),
                        addClient,
                        beginAuthorization,
                        requestToken,
                        new RegisterUnattended(
                                ports.unitOfWork(),
                                ports.clients(),
                                ports.events(),
                                ports.connector(),
                                addClient,
                                obtainGrant,
                                deliverRevocations,
                                holdTokens,
                                timing,
                                clock),
                        timing,
                        clock,
                        random),
                new FindClients(ports.clients(), ports.attempts(), ports.grants(), clock),
                new EditClient(
                        ports.unitOfWork(),
                        ports.clients(),
                        ports.pauses(),
                        ports.events(),
                        ports.connector(),
                        endAuthorization,
                        deliverRevocations,
                        requestToken,
                        new RenewRegistrations(ports.grants(), registrations),
                        connectClient,
                        clock),
                new RemoveClient(
                        ports.unitOfWork(),
                        ports.clients(),
                        ports.events(),
                        ports.connector(),
                        endAuthorization,
                        deliverRevocations,
                        clock),
                new HandleAuthorizationResponse(
                        ports.unitOfWork(),
                        ports.clients(),
                        ports.attempts(),
                        advanceAttempt,
                        registrations,
                        retireRegistration,
                        ports.events(),
                        ports.tokenEndpoint(),
                        storeGrant,
                        holdTokens,
                        timing,
                        clock,
                        random),
                new CompleteAuthorization(ports.clients(), ports.attempts(), connectClient, clock),
                new ReauthorizeClient(
                        ports.clients(),
                        ports.attempts(),
                        ports.grants(),
                        ports.pauses(),
                        beginAuthorization,
                        connectClient),
                new ReconnectClient(
                        ports.clients(), ports.pauses(), ports.connector(), connectClient),
                new RevokeGrant(
                        ports.unitOfWork(),
                        ports.clients(),
                        ports.events(),
                        ports.connector(),
                        endAuthorization,
                        deliverRevocations,
                        clock),
                new ExecuteTool(
                        ports.clients(),
                        ports.attempts(),
                        ports.connector(),
                        obtainAccessToken,
                        beginAuthorization,
                        clock),
                new DescribeOAuthClient(profile),
                new AuthenticateApiKey(ports.apiKeys(), recordKeyUse, clock),
                new KeepApiKeys(ports.unitOfWork(), ports.apiKeys(), ports.events(), clock, random),
                new KeepHistory(ports.unitOfWork(), ports.history(), ports.events(), clock),
                new FollowEvents(ports.history()),
                new RecordRefusals(ports.unitOfWork(), ports.events(), clock),
                new RecordSignIn(ports.unitOfWork(), ports.events(), clock),
                new KeepWebhooks(
                        ports.unitOfWork(),
                        ports.webhooks(),
                        ports.history(),
                        ports.events(),
                        ports.webhookReceiver(),
                        timing,
                        clock,
                        random),
                new DeliverWebhooks(
                        ports.unitOfWork(),
                        ports.webhooks(),
                        ports.history(),
                        ports.events(),
                        ports.webhookReceiver(),
                        background,
                        timing,
                        clock,
                        random),
                recordKeyUse,
                new SweepAttempts(
                        ports.unitOfWork(), ports.attempts(), advanceAttempt, timing, clock),
                new ForgetRegistrations(
                        ports.unitOfWork(),
                        ports.registrations(),
                        ports.deregistrations(),
                        ports.events(),
                        clock),
                new DeleteRegistrations(
                        ports.unitOfWork(),
                        ports.deregistrations(),
                        ports.registrar(),
                        ports.events(),
                        ports.debtMeter(),
                        background,
                        timing,
                        clock,
                        random),
                deliverRevocations,
                new RenewGrants(ports.grants(), obtainAccessToken, background, timing),
                new FollowChanges(
                        ports.clients(), ports.connector(), ports.changes(), background, clock),
                new KeepConnected(ports.clients(), connectClient, background, timing, clock));
    }
}
