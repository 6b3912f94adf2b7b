#include "agent/cli/command_parser.h"
#include "agent/cli/command_texts.h"

namespace agent {

void CommandLine::add_account_commands() {
  AccountCommandOptions& options = account_;
  CLI::App* const group = add_group(&parser_->app, "account", account_text);
  group->require_subcommand(1);
  const auto add = [&](const char* name, const CommandText& text, Command command) {
    CLI::App* const app = add_command(group, name, text, command);
    app->add_option("AUTHORITY", options.authority, "its name in the configuration")
        ->required()
        ->type_name("");
    add_output(app, output_);
    return app;
  };
  add_output(add_command(group, "list", account_list_text, Command::account_list), output_);
  add("show", account_show_text, Command::account_show);
  add("contact", account_contact_text, Command::account_contact)
      ->add_option("CONTACT", options.contacts, "all contacts from now on, as in mailto:ops@…")
      ->required()
      ->type_name("");
  CLI::App* const rollover = add("rollover", account_rollover_text, Command::account_rollover);
  add_key_type(rollover, options.key_type);
  add_wait(rollover, wait_);
  add("deactivate", account_deactivate_text, Command::account_deactivate)
      ->add_flag("--yes", options.yes, "really: it is for ever");
  CLI::App* const registration = add("register", account_register_text, Command::account_register);
  add_key_type(registration, options.key_type);
}

void CommandLine::add_dns_record() {
  CLI::App* const app =
      add_command(&parser_->app, "dns-record", dns_record_text, Command::dns_record);
  add_names(app, names_, "hostnames");
  add_output(app, output_);
}

void CommandLine::add_haproxy_commands() {
  CLI::App* const group = add_group(&parser_->app, "haproxy", haproxy_text);
  group->require_subcommand(1);
  CLI::App* const status =
      add_command(group, "status", haproxy_status_text, Command::haproxy_status);
  add_output(status, output_);
  CLI::App* const sync = add_command(group, "sync", haproxy_sync_text, Command::haproxy_sync);
  sync->add_flag("--dry-run", haproxy_sync_.dry_run, "only say what would be changed");
  sync->add_option("--instance", haproxy_sync_.instance, "which of haproxy.instances (all)")
      ->type_name("NAME");
  add_output(sync, output_);

  CLI::App* const verify = add_command(&parser_->app, "verify", verify_text, Command::verify);
  CLI::Option* const names =
      verify->add_option("NAME", names_, "hostnames; without any, a sample of all")->type_name("");
  CLI::Option* const all = verify->add_flag("--all", verify_.all, "every certificate");
  CLI::Option* const sample =
      verify->add_option("--sample", verify_.sample, "so many, evenly spread (100)")
          ->check(CLI::Range(1, 100'000'000))
          ->type_name("COUNT");
  all->excludes(names)->excludes(sample);
  sample->excludes(names);
  add_output(verify, output_);
}

void CommandLine::add_order_commands() {
  CLI::App* const group = add_group(&parser_->app, "order", order_text);
  group->require_subcommand(1);
  CLI::App* const list = add_command(group, "list", order_list_text, Command::order_list);
  list->add_option("--authority", order_authority_, "only those at this one (all)")
      ->type_name("NAME");
  add_output(list, output_);
}

void CommandLine::add_event_commands() {
  CLI::App* const group = add_group(&parser_->app, "event", event_text);
  group->require_subcommand(1);
  const auto add = [&](const char* name, const CommandText& text, Command command) {
    CLI::App* const app = add_command(group, name, text, command);
    app->add_option("--subject", event_.subject, "only those of this hostname, tenant, ...")
        ->type_name("NAME");
    app->add_option("--limit", event_.limit, "so many of the newest (100)")
        ->check(CLI::Range(1, 1000))
        ->type_name("N");
    add_output(app, output_);
  };
  add("list", event_list_text, Command::event_list);
  add("tail", event_tail_text, Command::event_tail);
}

void CommandLine::add_backup_commands() {
  CLI::App* const app = &parser_->app;
  add_command(app, "export", export_text, Command::export_state)
      ->add_option("FILE", backup_file_, "where to; - is standard output")
      ->required()
      ->type_name("");
  add_command(app, "restore", restore_text, Command::restore_state)
      ->add_option("FILE", backup_file_, "what `export` has written")
      ->required()
      ->type_name("");
}

}  // namespace agent
