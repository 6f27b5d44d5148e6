package dev.mooring.application.modelcheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;

/** Whatever the order of the steps, and whatever breaks between them, the rules hold. */
class ModelCheckTest {
    private static final System.Logger LOGGER = System.getLogger(ModelCheckTest.class.getName());

    static List<Scenario> scenarios() {
        return Scenarios.all();
    }

    static List<Breakage> breakages() {
        return Breakage.all();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void theRulesHold(Scenario scenario) {
        Checker.Report report = Checker.check(scenario);
        LOGGER.log(System.Logger.Level.INFO, report.toString());
        assertThat(report.schedules()).isGreaterThan(scenario.parts().size());
    }

    @ParameterizedTest
    @MethodSource("breakages")
    void aRuleThatIsBrokenOnPurposeIsReported(Breakage breakage) {
        assertThatThrownBy(() -> Checker.check(breakage.scenario(), breakage.ports()))
                .isInstanceOfSatisfying(
                        RuleBroken.class,
                        broken -> assertThat(broken.rule()).isEqualTo(breakage.rule()));
    }
}
