package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.DpopKeys;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.Stored;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.ClientDetails;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.DpopUse;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenBinding;

import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Makes the link that a person opens to consent: for a new client, for one that needs consent
 * again, or for more scopes while the old grant still serves. The newest attempt wins.
 */
final class BeginAuthorization {
    private final UnitOfWork unitOfWork;
    private final ClientStore clients;
    private final AttemptStore attempts;
    private final AdvanceAttempt advanceAttempt;
    private final RegistrationStore registrations;
    private final PrepareAuthorization prepareAuthorization;
    private final ChooseRegistration chooseRegistration;
    private final DpopKeys dpopKeys;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    BeginAuthorization(
            UnitOfWork unitOfWork,
            ClientStore clients,
            AttemptStore attempts,
            AdvanceAttempt advanceAttempt,
            RegistrationStore registrations,
            PrepareAuthorization prepareAuthorization,
            ChooseRegistration chooseRegistration,
            DpopKeys dpopKeys,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.clients = clients;
        this.attempts = attempts;
        this.advanceAttempt = advanceAttempt;
        this.registrations = registrations;
        this.prepareAuthorization = prepareAuthorization;
        this.chooseRegistration = chooseRegistration;
        this.dpopKeys = dpopKeys;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /** What came of it. */
    public sealed interface Outcome {
        record Begun(ConsentLink link) implements Outcome {}

        record Failed(Problem problem) implements Outcome {}

        /** The client was removed meanwhile. */
        record Gone() implements Outcome {}
    }

    /**
     * Begins, unless a link that asks for as much is still open: then that link is the answer, so
     * that two people who press the same button do not take the link from each other. Of two
     * browsers that each want a link of their own, the later one does.
     *
     * @param challenge what the MCP server answered just now, if it was asked
     * @param need what to ask for besides what discovery chooses
     */
    Outcome forClient(
            McpClient client,
            ClientAuth.OAuth oauth,
            Optional<AccessChallenge> challenge,
            ConsentNeed need) {
        Optional<Started> open = stillOpen(client.id(), need, clock.instant());
        if (open.isPresent()) {
            return new Outcome.Begun(ConsentLink.of(oauth, open.get()));
        }
        Budget budget = Budget.of(timing.discovery());
        return switch (prepareAuthorization.handle(client.details(), oauth, challenge, budget)) {
            case PrepareAuthorization.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case PrepareAuthorization.Outcome.Prepared prepared -> {
                PrepareAuthorization.Outcome.Prepared ready =
                        need.asked()
                                ? prepared.through(
                                        chooseRegistration.afterSilence(
                                                prepared.registration(),
                                                client.details(),
                                                prepared.server(),
                                                budget))
                                : prepared;
                yield unitOfWork.execute(() -> beginUnlessOpen(client, oauth, ready, need));
            }
        };
    }

    /** Of several who prepared at once, the first makes the link and the others get it. */
    private Outcome beginUnlessOpen(
            McpClient client,
            ClientAuth.OAuth oauth,
            PrepareAuthorization.Outcome.Prepared prepared,
            ConsentNeed need) {
        Optional<Stored<McpClient>> current = clients.lock(client.id());
        if (current.isEmpty()) {
            return new Outcome.Gone();
        }
        return stillOpen(client.id(), need, clock.instant())
                .map(open -> ConsentLink.of(oauth, open))
                .or(() -> begin(client, prepared, need))
                .<Outcome>map(Outcome.Begun::new)
                .orElseGet(() -> new Outcome.Failed(Problem.changedMeanwhile()));
    }

    /** The upstream half: asks all parties, within one budget. */
    PrepareAuthorization.Outcome prepare(
            ClientDetails client, ClientAuth.OAuth oauth, Optional<AccessChallenge> challenge) {
        return prepareAuthorization.handle(client, oauth, challenge, Budget.of(timing.discovery()));
    }

    /**
     * The storing half, inside a unit of work: the newest attempt supersedes an open older one.
     * Empty when the client is gone or its settings are not those that were prepared for.
     */
    Optional<ConsentLink> begin(
            McpClient client, PrepareAuthorization.Outcome.Prepared prepared, ConsentNeed need) {
        Optional<McpClient> current = clients.lock(client.id()).map(Stored::value);
        Optional<ClientAuth.OAuth> oauth =
                current.filter(now -> now.settings().connectsLike(client.settings()))
                        .flatMap(now -> now.settings().oauth());
        if (oauth.isEmpty()) {
            return Optional.empty();
        }
        Optional<Registration> kept = keep(prepared.registration(), oauth.get().settings());
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        Registration registration = kept.get();
        Instant now = clock.instant();
        Optional<AuthorizationAttempt> newest = attempts.newest(client.id());
        newest.filter(Started.class::isInstance)
                .map(Started.class::cast)
                .ifPresent(open -> advanceAttempt.end(open, open.supersede(now)));
        TokenBinding binding = bindingFor(prepared.dpop());
        Started link =
                Started.begin(
                        client.id(),
                        newest.map(attempt -> attempt.details().ordinal() + 1).orElse(1),
                        prepared.server(),
                        registration.id(),
                        registration.credentials().clientId(),
                        registration.redirectUri(),
                        prepared.resource(),
                        oauth.get().settings().exceptions(),
                        scopes(
                                prepared.scopes().union(need.at(prepared.server().issuer())),
                                oauth.get().settings().scopes(),
                                newest),
                        binding,
                        parameters(oauth.get().settings(), binding),
                        now,
                        timing.consent(),
                        random);
        Started started =
                new Started(
                        need.operation().map(link.details()::steppingUpFor).orElse(link.details()),
                        need.linkFor().map(link.request()::madeFor).orElse(link.request()));
        advanceAttempt.begin(started);
        return Optional.of(ConsentLink.of(oauth.get(), started));
    }

    /** A key of its own for each attempt: nobody can tell by it which clients are ours. */
    TokenBinding bindingFor(DpopUse use) {
        return switch (use) {
            case NONE -> new TokenBinding.Unbound();
            case PREFERRED -> new TokenBinding.Offered(dpopKeys.generate());
            case REQUIRED -> new TokenBinding.Required(dpopKeys.generate());
        };
    }

    /**
     * RFC 9449 section 10: a code that is bound to the key is of no use to who steals it. Servers
     * that do not know the parameter ignore it (RFC 6749 section 3.1).
     */
    private Map<String, String> parameters(OAuthSettings settings, TokenBinding binding) {
        Map<String, String> parameters = new LinkedHashMap<>(settings.authorizeParams());
        binding.key().ifPresent(key -> parameters.put("dpop_jkt", dpopKeys.thumbprint(key)));
        return parameters;
    }

    /**
     * We ask for {@code offline_access} of our own accord, so we are the ones to do without it
     * where that is what kept the last attempt that asked for it from a grant; it was not, where
     * the scopes are refused without it just the same. An operator's word stands.
     */
    private Scopes scopes(Scopes chosen, Scopes entered, Optional<AuthorizationAttempt> newest) {
        if (entered.contains(Scopes.OFFLINE_ACCESS) || !chosen.contains(Scopes.OFFLINE_ACCESS)) {
            return chosen;
        }
        Optional<AuthorizationAttempt> asking =
                newest.flatMap(attempt ->
                        attempts.newestAskingFor(attempt.client(), Scopes.OFFLINE_ACCESS));
        boolean refused = asking.filter(AuthorizationAttempt::failedOverScopes).isPresent();
        boolean refusedWithoutIt =
                !newest.equals(asking)
                        && newest.filter(AuthorizationAttempt::failedOverScopes).isPresent();
        return refused && !refusedWithoutIt ? chosen.without(Scopes.OFFLINE_ACCESS) : chosen;
    }

    /** A link with at least a third of its life left that is whose it must be, and asks for all. */
    private Optional<Started> stillOpen(ClientId client, ConsentNeed need, Instant now) {
        return attempts.newest(client)
                .filter(Started.class::isInstance)
                .map(Started.class::cast)
                .filter(attempt -> !attempt.isWaning(now))
                .filter(attempt ->
                        need.linkFor().map(attempt.request().linkFor()::equals).orElse(true))
                .filter(attempt -> isOffered(attempt.request().registration()))
                .filter(attempt ->
                        attempt.details()
                                .scopes()
                                .tokens()
                                .containsAll(need.at(attempt.request().issuer()).tokens()));
    }

    /** A link with a client id that the server has forgotten leads nowhere. */
    private boolean isOffered(RegistrationId id) {
        return registrations
                .find(id)
                .map(registration ->
                        switch (registration) {
                            case Registration.Given given -> true;
                            case Registration.MetadataDocument document -> true;
                            case Registration.Dynamic dynamic ->
                                    registrations
                                            .dynamic(dynamic.issuer(), dynamic.redirectUri())
                                            .filter(dynamic::equals)
                                            .isPresent();
                        })
                .orElse(false);
    }

    /**
     * Stores what was chosen, or finds what is stored of it. Empty when somebody else was faster
     * and the credentials belong to another issuer since, or when the registration was forgotten
     * meanwhile: then its deletion is owed, and it must not come back.
     */
    Optional<Registration> keep(Registration chosen, OAuthSettings settings) {
        return switch (chosen) {
            case Registration.Given given -> keep(given, settings);
            case Registration.MetadataDocument document ->
                    Optional.of(registrations.keep(document));
            case Registration.Dynamic dynamic -> registrations.hold(dynamic.id());
        };
    }

    private Optional<Registration> keep(Registration.Given chosen, OAuthSettings settings) {
        List<Registration.Given> elsewhere =
                registrations.givenFor(chosen.enteredFor()).stream()
                        .filter(given -> given.binding() && !given.issuer().equals(chosen.issuer()))
                        .toList();
        boolean taken =
                Registration.Given.boundTo(elsewhere, chosen.credentials().clientId()).isPresent();
        if (taken && !settings.namesIssuer()) {
            return Optional.empty();
        }
        elsewhere.forEach(given -> registrations.replace(given.released()));
        // The operator may have entered another client id or secret since; the id of the
        // registration stays, so a grant that came through it goes on with them.
        Registration kept = registrations.keep(chosen);
        if (kept instanceof Registration.Given given
                && !given.usedWith(chosen.credentials()).equals(given)) {
            Registration.Given current = given.usedWith(chosen.credentials());
            registrations.replace(current);
            return Optional.of(current);
        }
        return Optional.of(kept);
    }
}
