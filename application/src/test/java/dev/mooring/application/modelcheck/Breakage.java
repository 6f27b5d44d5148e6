package dev.mooring.application.modelcheck;

import static dev.mooring.application.modelcheck.Rule.NOTHING_HANGS_THAT_THE_SAME_CALL_DOES_NOT_MEND;
import static dev.mooring.application.modelcheck.Rule.R1_A_CODE_IS_CLAIMED_BEFORE_IT_IS_SENT_AND_SENT_ONCE;
import static dev.mooring.application.modelcheck.Rule.R2_NEW_TOKENS_ARE_NOT_LOST_AND_WHO_COMES_TOO_LATE_STORES_NOTHING;
import static dev.mooring.application.modelcheck.Rule.R3_ONE_RUN_CONNECTS_AND_THE_OTHERS_LEARN_ITS_OUTCOME;
import static dev.mooring.application.modelcheck.Rule.R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE;
import static dev.mooring.application.modelcheck.Rule.R5_A_LOST_ANSWER_IS_RECOGNISED_AND_NOTHING_ELSE_LOSES_A_GRANT;
import static dev.mooring.application.modelcheck.Rule.R6_WHAT_NOBODY_WANTS_IS_GIVEN_BACK_BUT_NOT_BESIDES_A_GRANT_THAT_SERVES;
import static dev.mooring.application.modelcheck.Rule.R7_WHAT_BELONGS_TOGETHER_CHANGES_TOGETHER;
import static dev.mooring.application.modelcheck.Rule.R8_A_TOKEN_IS_KEPT_ONLY_FOR_THE_RESOURCE_IT_WAS_ISSUED_FOR;
import static dev.mooring.application.modelcheck.Rule.WHAT_WAS_TAKEN_AWAY_STAYS_AWAY;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.ConnectionRuns;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.Ports;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.lifecycle.RunId;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/**
 * A store that does not keep its promise, and the rule that falls with it.
 *
 * @param scenario where that shows
 */
record Breakage(String name, Rule rule, Scenario scenario, UnaryOperator<Ports> ports) {

    static List<Breakage> all() {
        return List.of(
                of(
                        "a claim that everybody gets",
                        R1_A_CODE_IS_CLAIMED_BEFORE_IT_IS_SENT_AND_SENT_ONCE,
                        Scenarios.CALLBACK_TWICE,
                        AttemptStore.class,
                        "claim",
                        (real, call) -> call.make() != null),
                of(
                        "a claim that is not stored",
                        R1_A_CODE_IS_CLAIMED_BEFORE_IT_IS_SENT_AND_SENT_ONCE,
                        Scenarios.CALLBACK_TWICE,
                        AttemptStore.class,
                        "claim",
                        (real, call) -> true),
                of(
                        "refreshed tokens that are stored without a comparison",
                        R2_NEW_TOKENS_ARE_NOT_LOST_AND_WHO_COMES_TOO_LATE_STORES_NOTHING,
                        Scenarios.CALL_AND_REVOKE,
                        GrantStore.class,
                        "storeRefreshed",
                        (real, call) -> {
                            real.grants().put(call.argument(1, Grant.class));
                            return new GrantStore.Storing.Stored();
                        }),
                new Breakage(
                        "tokens that come too late and are not given back",
                        R2_NEW_TOKENS_ARE_NOT_LOST_AND_WHO_COMES_TOO_LATE_STORES_NOTHING,
                        Scenarios.CALLBACK_AND_REVOKE,
                        Breakage::withoutGivingBackWhatIsLate),
                of(
                        "a run that everybody gets",
                        R3_ONE_RUN_CONNECTS_AND_THE_OTHERS_LEARN_ITS_OUTCOME,
                        Scenarios.COMPLETE_TWICE,
                        ConnectionRuns.class,
                        "start",
                        (real, call) -> {
                            call.make();
                            return new ConnectionRuns.Start.Started();
                        }),
                of(
                        "an outcome that is not recorded",
                        R3_ONE_RUN_CONNECTS_AND_THE_OTHERS_LEARN_ITS_OUTCOME,
                        Scenarios.COMPLETE_TWICE,
                        ConnectionRuns.class,
                        "finish",
                        (real, call) -> true),
                of(
                        "a run that who waits takes for a failure",
                        R3_ONE_RUN_CONNECTS_AND_THE_OTHERS_LEARN_ITS_OUTCOME,
                        Scenarios.COMPLETE_TWICE,
                        ConnectionRuns.class,
                        "await",
                        (real, call) -> Optional.of(new ConnectionRuns.Outcome.Connected())),
                of(
                        "a lease that everybody gets",
                        R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE,
                        Scenarios.CALL_TWICE,
                        GrantStore.class,
                        "lease",
                        (real, call) -> {
                            call.make();
                            return new GrantStore.Lease.Taken(false);
                        }),
                of(
                        "a dead lease whose holder nobody waits for",
                        R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE,
                        Scenarios.CALL_TWICE_AND_ONE_IS_SLOW,
                        GrantStore.class,
                        "awaitRefresh",
                        (real, call) ->
                                real.grants().ofClient(call.argument(0, Grant.class).client())),
                of(
                        "tokens that are used and not stored",
                        R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE,
                        Scenarios.CALL_TWICE,
                        GrantStore.class,
                        "storeRefreshed",
                        (real, call) -> new GrantStore.Storing.Stored()),
                new Breakage(
                        "a refusal that ends a grant nobody has read again",
                        R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE,
                        Scenarios.CALL_TWICE_AT_A_FORGIVING_SERVER,
                        Breakage::withoutRereading),
                new Breakage(
                        "an intent that is not recorded",
                        R5_A_LOST_ANSWER_IS_RECOGNISED_AND_NOTHING_ELSE_LOSES_A_GRANT,
                        Scenarios.CALL_TWICE,
                        Breakage::withoutIntent),
                of(
                        "a lease for who did not see the intent",
                        R5_A_LOST_ANSWER_IS_RECOGNISED_AND_NOTHING_ELSE_LOSES_A_GRANT,
                        Scenarios.CALL_TWICE,
                        GrantStore.class,
                        "lease",
                        Breakage::leaseBlindly),
                of(
                        "a redemption that nobody gives up",
                        R5_A_LOST_ANSWER_IS_RECOGNISED_AND_NOTHING_ELSE_LOSES_A_GRANT,
                        Scenarios.CALLBACK_TWICE,
                        AttemptStore.class,
                        "abandoned",
                        (real, call) -> List.of()),
                of(
                        "a revoked grant that is not given back",
                        R6_WHAT_NOBODY_WANTS_IS_GIVEN_BACK_BUT_NOT_BESIDES_A_GRANT_THAT_SERVES,
                        Scenarios.CALL_AND_REVOKE,
                        RevocationOutbox.class,
                        "add",
                        (real, call) -> Optional.empty()),
                of(
                        "a former grant that is given back besides the new one",
                        R6_WHAT_NOBODY_WANTS_IS_GIVEN_BACK_BUT_NOT_BESIDES_A_GRANT_THAT_SERVES,
                        Scenarios.CALL_AND_CONSENT_AGAIN,
                        GrantStore.class,
                        "put",
                        Breakage::putAndGiveBack),
                of(
                        "a redemption that was given up and is forgotten by who revokes",
                        WHAT_WAS_TAKEN_AWAY_STAYS_AWAY,
                        Scenarios.CALLBACK_AND_SWEEP_AND_REVOKE,
                        AttemptStore.class,
                        "givenUp",
                        (real, call) -> List.of()),
                of(
                        "a redemption that was given up and is forgotten by who edits",
                        R8_A_TOKEN_IS_KEPT_ONLY_FOR_THE_RESOURCE_IT_WAS_ISSUED_FOR,
                        Scenarios.CALLBACK_AND_SWEEP_AND_MOVE,
                        AttemptStore.class,
                        "givenUp",
                        (real, call) -> List.of()),
                of(
                        "a client that does not change with its grant",
                        R7_WHAT_BELONGS_TOGETHER_CHANGES_TOGETHER,
                        Scenarios.CALLBACK_TWICE,
                        ClientStore.class,
                        "replaceLocked",
                        (real, call) -> Optional.empty()),
                of(
                        "a run whose lease never ends",
                        NOTHING_HANGS_THAT_THE_SAME_CALL_DOES_NOT_MEND,
                        Scenarios.COMPLETE_TWICE,
                        ConnectionRuns.class,
                        "start",
                        (real, call) ->
                                real.connectionRuns()
                                        .start(
                                                call.argument(0, ClientId.class),
                                                call.argument(1, RunId.class),
                                                Duration.ofDays(1))));
    }

    private static Breakage of(
            String name,
            Rule rule,
            Scenario scenario,
            Class<?> port,
            String method,
            BiFunction<Ports, Stops.Call, Object> instead) {
        return new Breakage(
                name,
                rule,
                scenario,
                real ->
                        Stops.at(
                                real,
                                call ->
                                        call.is(port, method)
                                                ? instead.apply(real, call)
                                                : call.make()));
    }

    /**
     * Inside of a unit of work, grants are as they were when somebody last read them outside, until
     * one is deleted.
     */
    private static Ports withoutRereading(Ports real) {
        Map<Object, Object> read = new HashMap<>();
        int[] units = {0};
        return Stops.at(
                real,
                call -> {
                    if (call.isUnit()) {
                        units[0]++;
                        try {
                            return call.make();
                        } finally {
                            units[0]--;
                        }
                    }
                    if (!call.is(GrantStore.class, "ofClient")) {
                        Object done = call.make();
                        if (call.is(GrantStore.class, "delete")) {
                            read.clear();
                        }
                        return done;
                    }
                    Object client = call.argument(0, ClientId.class);
                    return units[0] > 0 && read.containsKey(client)
                            ? read.get(client)
                            : read.compute(client, (id, before) -> call.make());
                });
    }

    private static Ports withoutGivingBackWhatIsLate(Ports real) {
        Set<Object> stored = new HashSet<>();
        return Stops.at(
                real,
                call -> {
                    if (call.is(GrantStore.class, "put")) {
                        stored.add(call.argument(0, Grant.class).id());
                    }
                    boolean late =
                            call.is(RevocationOutbox.class, "add")
                                    && !stored.contains(call.argument(0, Revocation.class).grant());
                    return late ? Optional.empty() : call.make();
                });
    }

    private static Ports withoutIntent(Ports real) {
        return Stops.at(
                real,
                call -> {
                    if (call.is(GrantStore.class, "ofClient")) {
                        return real.grants()
                                .ofClient(call.argument(0, ClientId.class))
                                .map(Grant::notRefreshing);
                    }
                    return call.is(GrantStore.class, "lease")
                            ? leaseBlindly(real, call)
                            : call.make();
                });
    }

    private static Object leaseBlindly(Ports real, Stops.Call call) {
        Grant intended = call.argument(1, Grant.class);
        Grant seen =
                real.grants().ofClient(intended.client()).orElse(call.argument(0, Grant.class));
        return real.grants().lease(seen, intended, call.argument(2, Duration.class));
    }

    private static Object putAndGiveBack(Ports real, Stops.Call call) {
        Grant fresh = call.argument(0, Grant.class);
        Optional<Grant> former = real.grants().ofClient(fresh.client());
        real.grants().put(fresh);
        former.flatMap(grant ->
                        real.registrations()
                                .find(grant.registration())
                                .flatMap(
                                        through -> Revocation.of(grant, through, Optional.empty())))
                .ifPresent(real.revocations()::add);
        return Optional.empty();
    }

    @Override
    public String toString() {
        return name;
    }
}
