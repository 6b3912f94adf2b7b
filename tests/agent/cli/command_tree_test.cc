#include "agent/cli/command_tree.h"

#include <array>
#include <cstdio>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/cli/manual.h"
#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CommandTreeTest : public CliFixture {
 protected:
  /// What bash offers for the last of these words.
  std::string completed(const std::string& words) {
    EXPECT_EQ(run({"completion", "bash"}), 0);
    const ConfigFile script(out());
    const std::string command =
        "bash --norc -c 'source " + script.path() + " && COMP_WORDS=(acme-spoa " + words +
        ") && COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) && _acme_spoa && echo \"${COMPREPLY[@]}\"'";
    const std::unique_ptr<FILE, int (*)(FILE*)> shell(::popen(command.c_str(), "r"), ::pclose);
    std::array<char, 4096> text{};
    return std::string(text.data(), std::fread(text.data(), 1, text.size(), shell.get()));
  }
};

TEST_F(CommandTreeTest, BashCompletesCommandsOptionsAndChoices) {
  EXPECT_EQ(completed("hos"), "hostname\n");
  EXPECT_EQ(completed("hostname re"), "remove\n");
  EXPECT_EQ(completed("hostname list --state re"), "ready\n");
  EXPECT_EQ(completed("--socket x certificate list -o js"), "json\n");
  EXPECT_EQ(completed("hostname list --cont"), "--contains\n");
  EXPECT_EQ(completed("hostname list --tok"), "--token-file\n");
}

TEST_F(CommandTreeTest, FishKnowsWhichCommandAnOptionBelongsTo) {
  EXPECT_EQ(run({"completion", "fish"}), 0);
  EXPECT_THAT(out(),
              HasSubstr("complete -c acme-spoa -n '__fish_seen_subcommand_from hostname; and "
                        "__fish_seen_subcommand_from list' -l state -x -a 'pending ready expired "
                        "disabled'"));
}

TEST_F(CommandTreeTest, ZshTakesTheOneOfBash) {
  EXPECT_EQ(run({"completion", "zsh"}), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("#compdef acme-spoa\n"), HasSubstr("bashcompinit")));
  EXPECT_EQ(run({"completion", "tcsh"}), 2);
}

TEST_F(CommandTreeTest, TheManualHasEveryCommandAndItsOptions) {
  EXPECT_EQ(run({"manual"}), 0);
  EXPECT_THAT(out(),
              AllOf(HasSubstr(".SS \"event tail\"\n"),
                    HasSubstr("\\fB\\-\\-state\\fR \\fISTATE\\fR\n"),
                    HasSubstr("(pending, ready, expired, disabled)"),
                    Not(HasSubstr("TYPE:"))));
}

TEST_F(CommandTreeTest, NothingOfATextIsAMacroOfTheManual) {
  CommandNode program{"p", ".so /etc/passwd\n'x\n\\fB-", "", {}, {}};
  EXPECT_THAT(manual_page(program, "1"),
              HasSubstr(".nf\n\\&.so /etc/passwd\n\\&'x\n\\efB\\-\n.fi\n"));
}

}  // namespace
}  // namespace agent
