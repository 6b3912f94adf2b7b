#include "agent/cli/command_parser.h"
#include "agent/cli/command_texts.h"

namespace agent {

void CommandLine::add_hostname_commands() {
  CLI::App* const group = add_group(&parser_->app, "hostname", hostname_text);
  group->require_subcommand(1);
  CLI::App* const add = add_command(group, "add", hostname_add_text, Command::hostname_add);
  add_names(add, names_, "hostnames, in Unicode or as A-labels");
  add->add_flag("--no-https-redirect", no_https_redirect_, "do not send plain HTTP to HTTPS");
  add->add_option("--mode",
                  mode_,
                  "automatic: its own certificate; wildcard: its zone's; custom: yours; off: none")
      ->check(CLI::IsMember({"automatic", "wildcard", "custom", "off"}))
      ->type_name("MODE");
  add->add_option("--challenge-path",
                  challenge_path_,
                  "answered, or left_alone: /.well-known/acme-challenge/ is the application's")
      ->check(CLI::IsMember({"answered", "left_alone"}))
      ->type_name("WHOSE");
  add_wait(add, wait_);
  add_output(add, output_);

  CLI::App* const remove =
      add_command(group, "remove", hostname_remove_text, Command::hostname_remove);
  add_names(remove, names_, "hostnames");
  add_output(remove, output_);

  CLI::App* const list = add_command(group, "list", hostname_list_text, Command::hostname_list);
  CLI::Option* const search =
      list->add_option("--search", hostname_list_.search, "only names that begin so")
          ->type_name("TEXT");
  list->add_option("--tenant", hostname_list_.tenant, "only those in its zones")->type_name("ID");
  list->add_option("--zone", hostname_list_.zone, "only those that the zone owns")
      ->type_name("NAME");
  list->add_flag("--contains", hostname_list_.contains, "--search finds the text anywhere")
      ->needs(search);
  list->add_option("--state", hostname_list_.state, "only hostnames in this state")
      ->check(CLI::IsMember({"pending", "ready", "expired", "disabled"}))
      ->type_name("STATE");
  list->add_flag("--unused", hostname_list_.unused, "only those not renewed: they lead elsewhere");
  add_output(list, output_);

  CLI::App* const show = add_command(group, "show", hostname_show_text, Command::hostname_show);
  add_names(show, names_, "hostnames");
  add_output(show, output_);
}

}  // namespace agent
