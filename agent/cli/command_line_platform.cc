#include "agent/cli/command_parser.h"
#include "agent/cli/command_texts.h"

namespace agent {

void CommandLine::add_tenant_commands() {
  CLI::App* const group = add_group(&parser_->app, "tenant", tenant_text);
  group->require_subcommand(1);
  CLI::App* const set = add_command(group, "set", tenant_set_text, Command::tenant_set);
  set->add_option("ID", tenant_.id, "the platform's own key: a-z 0-9 . _ -")
      ->required()
      ->type_name("");
  set->add_option("--title", tenant_.title, "for people")->type_name("TEXT");
  add_wildcard_after(set, tenant_.wildcard_after);
  add_output(set, output_);
  CLI::App* const list = add_command(group, "list", tenant_list_text, Command::tenant_list);
  add_output(list, output_);
  CLI::App* const remove = add_command(group, "remove", tenant_remove_text, Command::tenant_remove);
  remove->add_option("ID", names_, "tenants")->required()->type_name("");
}

void CommandLine::add_zone_commands() {
  CLI::App* const group = add_group(&parser_->app, "zone", zone_text);
  group->require_subcommand(1);
  CLI::App* const set = add_command(group, "set", zone_set_text, Command::zone_set);
  add_names(set, names_, "zones, in Unicode or as A-labels");
  set->add_option("--tenant", zone_.tenant, "whose it is; a tenant's own token needs none")
      ->type_name("ID");
  set->add_option("--dns", zone_.dns, "configured: wildcards are proven as the configuration says")
      ->check(CLI::IsMember({"configured", "none"}))
      ->type_name("METHOD");
  add_wildcard_after(set, zone_.wildcard_after);
  add_output(set, output_);
  CLI::App* const list = add_command(group, "list", zone_list_text, Command::zone_list);
  list->add_option("--tenant", zone_.tenant, "only its zones")->type_name("ID");
  add_output(list, output_);
  CLI::App* const show = add_command(group, "show", zone_show_text, Command::zone_show);
  add_names(show, names_, "zones");
  add_output(show, output_);
  CLI::App* const remove = add_command(group, "remove", zone_remove_text, Command::zone_remove);
  add_names(remove, names_, "zones");
}

void CommandLine::add_token_commands() {
  CLI::App* const group = add_group(&parser_->app, "token", token_text);
  group->require_subcommand(1);
  CLI::App* const add = add_command(group, "add", token_add_text, Command::token_add);
  add->add_option("NAME", token_.name, "what lists and the history call it")
      ->required()
      ->type_name("");
  add->add_option("--scope", token_.scope, "admin, tenant (what is its own) or read-only")
      ->required()
      ->check(CLI::IsMember({"admin", "tenant", "read-only"}))
      ->type_name("SCOPE");
  add->add_option("--tenant", token_.tenant, "of --scope tenant")->type_name("ID");
  add->add_option("--days", token_.days, "how long it opens something (for ever)")
      ->check(CLI::Range(1, 3650))
      ->type_name("N");
  CLI::App* const list = add_command(group, "list", token_list_text, Command::token_list);
  add_output(list, output_);
  CLI::App* const remove = add_command(group, "remove", token_remove_text, Command::token_remove);
  remove->add_option("NAME", names_, "tokens")->required()->type_name("");
}

void CommandLine::add_import() {
  CLI::App* const app = add_command(&parser_->app, "import", import_text, Command::import_file);
  app->add_option("FILE", import_file_, "CSV or NDJSON; - is standard input")
      ->required()
      ->type_name("");
  add_output(app, output_);
}

}  // namespace agent
