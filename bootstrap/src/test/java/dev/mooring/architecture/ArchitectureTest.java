package dev.mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.function.Function;

/** The promises hold here, and each is broken by its sample below {@code broken}. */
class ArchitectureTest {

    private static final String MOORING = "dev.mooring";
    private static final String SAMPLES = "dev.mooring.architecture.broken";

    private static final JavaClasses PRODUCTION =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .withImportOption(location -> !location.contains("-tests.jar"))
                    .importPackages(MOORING);

    private static final JavaClasses BROKEN = new ClassFileImporter().importPackages(SAMPLES);

    /**
     * @param sample the package below {@code broken} that breaks the promise
     * @param offenders the classes there that must be reported
     */
    record Promise(String sample, Function<String, ArchRule> rule, List<String> offenders) {

        Promise(String sample, Function<String, ArchRule> rule, String... offenders) {
            this(sample, rule, List.of(offenders));
        }

        @Override
        public String toString() {
            return sample;
        }
    }

    static List<Promise> promises() {
        return List.of(
                new Promise(
                        "arrows",
                        Architecture::arrowsPointInward,
                        "KnowsAUseCase",
                        "KnowsAPort",
                        "KnowsItsNeighbour",
                        "BelongsNowhere"),
                new Promise("domain", Architecture::domainStandsAlone, "ReadsAFile"),
                new Promise(
                        "inverted",
                        Architecture::valuesKnowNoLifeCycle,
                        "KnowsTheLifeCycle",
                        "KnowsTheSettings",
                        "SettingsWithAState"),
                new Promise("application", Architecture::applicationStandsAlone, "SpeaksSql"),
                new Promise("cycle", Architecture::packagesFormNoCycle, "Hen", "Egg"),
                new Promise(
                        "mutable",
                        Architecture::domainIsImmutable,
                        "OpenToHeirs",
                        "ChangesItsMind"),
                new Promise("unsealed", Architecture::domainChoicesAreSealed, "AnybodysChoice"),
                new Promise("subclassed", Architecture::useCasesAreFinal, "BeginSomething"),
                new Promise(
                        "thinair",
                        Architecture::nothingComesOutOfThinAir,
                        "AsksTheClock",
                        "PassesTheClockOn",
                        "ThrowsDice"),
                new Promise(
                        "lookaround",
                        Architecture::onlyBootstrapLooksAround,
                        "ReadsTheEnvironment"),
                new Promise("talkative", Architecture::secretsKeepSilent, "TalkativeToken"),
                new Promise("events", Architecture::eventsHoldNoSecret, "TokenStored"),
                new Promise("shown", Architecture::restShowsNoToken, "GrantView"),
                new Promise("unguarded", Architecture::callsOutAreGuarded, "CallsOutByItself"),
                new Promise(
                        "libraries",
                        Architecture::librariesStayBehindTheirAdapter,
                        "KnowsHelidon",
                        "KnowsJdbc"),
                new Promise("names", Architecture::namesSayWhatThingsAre, "ClientManager"),
                new Promise("getters", Architecture::accessorsHaveNoGet, "OldFashioned"),
                new Promise("generic", Architecture::failuresAreSpecific, "FailsSomehow"),
                new Promise(
                        "prints",
                        Architecture::onlyBootstrapPrints,
                        "ShoutsOut",
                        "LogsPastTheRuntime"),
                new Promise("undescribed", Architecture::packagesAreDescribed, "Stranger"),
                new Promise("toonew", Architecture::embeddersNeedJava21, "ForNewerRuntimes"));
    }

    @ParameterizedTest
    @MethodSource("promises")
    void thePromiseHolds(Promise promise) {
        promise.rule().apply(MOORING).check(PRODUCTION);
    }

    @ParameterizedTest
    @MethodSource("promises")
    void theBrokenSampleIsReported(Promise promise) {
        String root = SAMPLES + "." + promise.sample();
        List<String> reported =
                promise.rule()
                        .apply(root)
                        .evaluate(BROKEN.that(resideBelow(root)))
                        .getFailureReport()
                        .getDetails();
        assertThat(promise.offenders())
                .allSatisfy(offender ->
                        assertThat(reported)
                                .anySatisfy(line -> assertThat(line).contains(offender)));
    }

    /** Rules over empty sets hold, so this counts what they speak of. */
    @ParameterizedTest
    @CsvSource({
        "domain, 100",
        "domain.access, 5",
        "domain.client, 10",
        "domain.lifecycle, 20",
        "domain.mcp, 5",
        "domain.oauth, 20",
        "application, 50",
        "adapter.rest, 1",
        "adapter.persistence, 1",
        "adapter.oauth, 1",
        "adapter.mcp, 1",
        "adapter.http, 1",
        "bootstrap, 2"
    })
    void thePackageHasAsManyClassesAsExpectedAtLeast(String part, int count) {
        assertThat(PRODUCTION.that(resideBelow(MOORING + "." + part)))
                .hasSizeGreaterThanOrEqualTo(count);
    }

    @Test
    void everySampleBelongsToAPromise() {
        assertThat(BROKEN)
                .extracting(JavaClass::getPackageName)
                .extracting(name -> name.substring(SAMPLES.length() + 1).split("\\.", 2)[0])
                .isSubsetOf(promises().stream().map(Promise::sample).toList());
    }

    private static DescribedPredicate<JavaClass> resideBelow(String root) {
        return JavaClass.Predicates.resideInAPackage(root + "..");
    }
}
