/*
 * Resolves a configuration against Kconfig files, without asking: the part of Linux's `conf` that a build uses.
 * Written for the test double; it knows config, menuconfig, menu, if, source, comment, bool, tristate, int, hex, string,
 * def_bool, def_tristate, default, depends on, select and help, and stops at anything else (there is no `choice`).
 *
 *   conf --defconfig=FILE Kconfig     values of FILE, the rest by default
 *   conf --oldnoconfig Kconfig        values of .config, the rest by default
 *   conf --silentoldconfig Kconfig    the same, and writes include/generated/autoconf.h and include/config/auto.conf
 *
 * KCONFIG_SOURCE is the directory of the Kconfig files; results go into the working directory.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum type { UNKNOWN, BOOL, TRISTATE, INT, HEX, STRING };
enum { NO, MOD, YES };

struct expression {
	enum { SYMBOL, EQUAL, UNEQUAL, NOT, AND, OR } kind;
	struct expression *left, *right;
	struct symbol *symbol, *other;
};

struct property {
	enum { PROMPT, DEFAULT, SELECT } kind;
	char *text;			/* of a prompt */
	struct expression *value;	/* of a default */
	struct symbol *target;		/* of a select */
	struct expression *condition;
	struct property *next;
};

struct symbol {
	char *name;
	int constant;
	enum type type;
	char *user;			/* what the given file says */
	struct expression *depends;
	struct property *properties;
	struct { struct symbol *by; struct expression *condition; } selected[64];
	int selectors, resolved, written;
	int state;			/* of bool and tristate */
	const char *text;		/* of the others */
	struct symbol *next;
};

static struct symbol *symbols, **last_symbol = &symbols;
static struct symbol *order[4096];
static int ordered;
static const char *source_directory = ".";
static const char *where_file;
static int where_line;

static void die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (where_file)
		fprintf(stderr, "%s:%d: ", where_file, where_line);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	exit(1);
}

static void *zeroed(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		die("out of memory");
	return memory;
}

static struct symbol *lookup(const char *name, int constant)
{
	struct symbol *symbol;

	for (symbol = symbols; symbol; symbol = symbol->next)
		if (symbol->constant == constant && !strcmp(symbol->name, name))
			return symbol;
	symbol = zeroed(sizeof *symbol);
	symbol->name = strdup(name);
	symbol->constant = constant;
	*last_symbol = symbol;
	last_symbol = &symbol->next;
	return symbol;
}

/* --- Expressions: symbols, "constants", =, !=, !, &&, || and parentheses. */

static struct expression *join(int kind, struct expression *left, struct expression *right)
{
	struct expression *joined;

	if (kind == AND && !left)
		return right;
	if (kind == AND && !right)
		return left;
	joined = zeroed(sizeof *joined);
	joined->kind = kind;
	joined->left = left;
	joined->right = right;
	return joined;
}

static void blanks(char **at)
{
	while (isspace((unsigned char)**at))
		++*at;
}

static struct symbol *operand(char **at)
{
	char word[256];
	size_t length = 0;
	int constant = 0;

	blanks(at);
	if (**at == '"') {
		constant = 1;
		for (++*at; **at && **at != '"' && length < sizeof word - 1; ++*at)
			word[length++] = **at;
		if (**at != '"')
			die("a string without its end");
		++*at;
	} else {
		while ((isalnum((unsigned char)**at) || strchr("_-./", **at)) && **at && length < sizeof word - 1)
			word[length++] = *(*at)++;
		if (!length)
			die("expected a symbol at `%s`", *at);
	}
	word[length] = '\0';
	if (!strcmp(word, "y") || !strcmp(word, "m") || !strcmp(word, "n") || isdigit((unsigned char)*word))
		constant = 1;
	return lookup(word, constant);
}

static struct expression *disjunction(char **at);

static struct expression *term(char **at)
{
	struct expression *found;

	blanks(at);
	if (**at == '!') {
		++*at;
		return join(NOT, term(at), NULL);
	}
	if (**at == '(') {
		++*at;
		found = disjunction(at);
		blanks(at);
		if (*(*at)++ != ')')
			die("expected `)`");
		return found;
	}
	found = zeroed(sizeof *found);
	found->kind = SYMBOL;
	found->symbol = operand(at);
	blanks(at);
	if (**at == '=' || !strncmp(*at, "!=", 2)) {
		found->kind = **at == '=' ? EQUAL : UNEQUAL;
		*at += found->kind == EQUAL ? 1 : 2;
		found->other = operand(at);
	}
	return found;
}

static struct expression *conjunction(char **at)
{
	struct expression *found = term(at);

	for (blanks(at); !strncmp(*at, "&&", 2); blanks(at)) {
		*at += 2;
		found = join(AND, found, term(at));
	}
	return found;
}

static struct expression *disjunction(char **at)
{
	struct expression *found = conjunction(at);

	for (blanks(at); !strncmp(*at, "||", 2); blanks(at)) {
		*at += 2;
		found = join(OR, found, conjunction(at));
	}
	return found;
}

/* --- Kconfig files */

static struct property *add_property(struct symbol *symbol, int kind)
{
	struct property *property = zeroed(sizeof *property), **end = &symbol->properties;

	property->kind = kind;
	while (*end)
		end = &(*end)->next;
	*end = property;
	return property;
}

static int word_is(char **at, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*at, word, length) || isalnum((unsigned char)(*at)[length]) || (*at)[length] == '_')
		return 0;
	*at += length;
	blanks(at);
	return 1;
}

static struct expression *condition(char **at)
{
	struct expression *found = NULL;

	blanks(at);
	if (word_is(at, "if"))
		found = disjunction(at);
	blanks(at);
	if (**at && **at != '#')
		die("unexpected `%s`", *at);
	return found;
}

static void read_type(struct symbol *symbol, enum type type, char *at)
{
	struct property *prompt;

	symbol->type = type;
	if (*at != '"')
		return;
	prompt = add_property(symbol, PROMPT);
	prompt->text = operand(&at)->name;
	prompt->condition = condition(&at);
}

static void read_default(struct symbol *symbol, char *at)
{
	struct property *property = add_property(symbol, DEFAULT);

	property->value = disjunction(&at);
	property->condition = condition(&at);
}

/* An attribute of `symbol`; true when the line was one. */
static int read_attribute(struct symbol *symbol, char *at)
{
	if (word_is(&at, "bool") || word_is(&at, "boolean"))
		read_type(symbol, BOOL, at);
	else if (word_is(&at, "tristate"))
		read_type(symbol, TRISTATE, at);
	else if (word_is(&at, "int"))
		read_type(symbol, INT, at);
	else if (word_is(&at, "hex"))
		read_type(symbol, HEX, at);
	else if (word_is(&at, "string"))
		read_type(symbol, STRING, at);
	else if (word_is(&at, "def_bool")) {
		symbol->type = BOOL;
		read_default(symbol, at);
	} else if (word_is(&at, "def_tristate")) {
		symbol->type = TRISTATE;
		read_default(symbol, at);
	} else if (word_is(&at, "default"))
		read_default(symbol, at);
	else if (word_is(&at, "depends on"))
		symbol->depends = join(AND, symbol->depends, disjunction(&at));
	else if (word_is(&at, "select")) {
		struct property *property = add_property(symbol, SELECT);

		property->target = operand(&at);
		property->condition = condition(&at);
	} else
		return 0;
	return 1;
}

static void read_kconfig(const char *name)
{
	static struct expression *outer[32];	/* what the menus and ifs around ask for */
	static int depth;
	const char *outer_file = where_file;
	int outer_line = where_line, help = 0, start = depth;
	struct symbol *symbol = NULL;
	char line[1024], path[1024], *at, *end;
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", source_directory, name);
	file = fopen(path, "r");
	if (!file)
		die("%s: cannot be read", path);
	where_file = name;
	for (where_line = 1; fgets(line, sizeof line, file); where_line++) {
		at = line;
		for (end = line + strlen(line); end > line && isspace((unsigned char)end[-1]); )
			*--end = '\0';
		blanks(&at);
		if (!*at || *at == '#' || (help && at > line))
			continue;
		help = 0;
		if (word_is(&at, "config") || word_is(&at, "menuconfig")) {
			symbol = lookup(at, 0);
			symbol->depends = join(AND, symbol->depends, depth ? outer[depth - 1] : NULL);
			order[ordered++] = symbol;
		} else if (word_is(&at, "menu")) {
			symbol = NULL;
			outer[depth] = depth ? outer[depth - 1] : NULL;
			depth++;
		} else if (word_is(&at, "if")) {
			symbol = NULL;
			outer[depth] = join(AND, depth ? outer[depth - 1] : NULL, disjunction(&at));
			depth++;
		} else if (word_is(&at, "endmenu") || word_is(&at, "endif")) {
			symbol = NULL;
			if (depth-- == start)
				die("an end without its start");
		} else if (word_is(&at, "source")) {
			symbol = NULL;
			read_kconfig(operand(&at)->name);
		} else if (word_is(&at, "mainmenu") || word_is(&at, "comment"))
			symbol = NULL;
		else if (word_is(&at, "help") || !strncmp(at, "---help---", 10))
			help = 1;
		else if (!symbol && word_is(&at, "depends on"))
			outer[depth - 1] = join(AND, outer[depth - 1], disjunction(&at));
		else if (!symbol || !read_attribute(symbol, at))
			die("not understood: `%s`", at);
	}
	if (depth != start)
		die("a menu or if without its end");
	fclose(file);
	where_file = outer_file;
	where_line = outer_line;
}

static void note_selectors(void)
{
	struct property *property;
	int i;

	for (i = 0; i < ordered; i++)
		for (property = order[i]->properties; property; property = property->next)
			if (property->kind == SELECT) {
				struct symbol *target = property->target;

				if (target->selectors == 64)
					die("%s is selected by too many", target->name);
				target->selected[target->selectors].by = order[i];
				target->selected[target->selectors++].condition = property->condition;
			}
}

/* --- Values */

static void resolve(struct symbol *symbol);

static int smaller(int a, int b) { return a < b ? a : b; }
static int larger(int a, int b) { return a > b ? a : b; }
static int is_state(const struct symbol *symbol) { return symbol->type == BOOL || symbol->type == TRISTATE; }

static int state_of(const char *text) { return *text == 'y' ? YES : *text == 'm' ? MOD : NO; }

static const char *text_of(struct symbol *symbol)
{
	if (symbol->constant)
		return symbol->name;
	resolve(symbol);
	if (is_state(symbol) || symbol->type == UNKNOWN)
		return &"n\0m\0y"[2 * symbol->state];
	return symbol->text ? symbol->text : "";
}

static int evaluate(struct expression *expression)
{
	if (!expression)
		return YES;
	switch (expression->kind) {
	case SYMBOL:
		if (expression->symbol->constant)
			return state_of(expression->symbol->name);
		resolve(expression->symbol);
		return expression->symbol->state;
	case EQUAL:
		return strcmp(text_of(expression->symbol), text_of(expression->other)) ? NO : YES;
	case UNEQUAL:
		return strcmp(text_of(expression->symbol), text_of(expression->other)) ? YES : NO;
	case NOT:
		return YES - evaluate(expression->left);
	case AND:
		return smaller(evaluate(expression->left), evaluate(expression->right));
	default:
		return larger(evaluate(expression->left), evaluate(expression->right));
	}
}

static int visibility(struct symbol *symbol, int depends)
{
	struct property *property;
	int visible = NO;

	for (property = symbol->properties; property; property = property->next)
		if (property->kind == PROMPT)
			visible = larger(visible, smaller(depends, evaluate(property->condition)));
	return symbol->type == BOOL && visible ? YES : visible;
}

/* A symbol that is asked for while it is being resolved counts as n, as a recursive dependency is a mistake anyway. */
static void resolve(struct symbol *symbol)
{
	struct property *property;
	int depends, visible, i, user;

	if (symbol->resolved || symbol->type == UNKNOWN)
		return;
	symbol->resolved = 1;
	depends = evaluate(symbol->depends);
	visible = visibility(symbol, depends);
	user = visible && symbol->user;
	symbol->written = visible != NO;
	if (user && is_state(symbol))
		symbol->state = smaller(state_of(symbol->user), visible);
	else if (user)
		symbol->text = symbol->user;
	for (property = symbol->properties; property && !user; property = property->next) {
		int applies = property->kind == DEFAULT ? smaller(depends, evaluate(property->condition)) : NO;

		if (!applies)
			continue;
		if (is_state(symbol))
			symbol->state = smaller(evaluate(property->value), applies);
		else
			symbol->text = text_of(property->value->symbol);
		symbol->written |= !is_state(symbol) || symbol->state;
		break;
	}
	for (i = 0; i < symbol->selectors; i++) {
		struct expression *when = symbol->selected[i].condition;

		resolve(symbol->selected[i].by);
		symbol->state = larger(symbol->state, smaller(symbol->selected[i].by->state, evaluate(when)));
	}
	symbol->written |= is_state(symbol) && symbol->state;
	if (symbol->type == BOOL && symbol->state == MOD)
		symbol->state = YES;
}

/* --- Files */

static void read_values(const char *path)
{
	static const char unset[] = " is not set\n";
	char line[4096], *end;
	FILE *file = fopen(path, "r");

	if (!file)
		die("%s: cannot be read", path);
	while (fgets(line, sizeof line, file)) {
		char *value;

		if (!strncmp(line, "# CONFIG_", 9) && (end = strstr(line, unset)) && end[sizeof unset - 1] == '\0') {
			*end = '\0';
			lookup(line + 9, 0)->user = "n";
		} else if (!strncmp(line, "CONFIG_", 7) && (value = strchr(line, '='))) {
			*value++ = '\0';
			value[strcspn(value, "\n")] = '\0';
			if (*value == '"') {
				value++;
				value[strcspn(value, "\"")] = '\0';
			}
			lookup(line + 7, 0)->user = strdup(value);
		}
	}
	fclose(file);
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		die("%s: cannot be written", path);
	return file;
}

static void write_line(FILE *file, struct symbol *symbol, int all)
{
	if (!is_state(symbol))
		fprintf(file, symbol->type == STRING ? "CONFIG_%s=\"%s\"\n" : "CONFIG_%s=%s\n", symbol->name, text_of(symbol));
	else if (symbol->state)
		fprintf(file, "CONFIG_%s=%s\n", symbol->name, text_of(symbol));
	else if (all)
		fprintf(file, "# CONFIG_%s is not set\n", symbol->name);
}

static void write_values(const char *path, int all)
{
	FILE *file = create(path);
	int i;

	fputs("#\n# Automatically generated file; DO NOT EDIT.\n# Configuration of the miniature kernel\n#\n", file);
	for (i = 0; i < ordered; i++)
		if (order[i]->written)
			write_line(file, order[i], all);
	if (fclose(file))
		die("%s: cannot be written", path);
}

static void write_header(const char *path)
{
	FILE *file = create(path);
	int i;

	for (i = 0; i < ordered; i++) {
		struct symbol *symbol = order[i];

		if (!symbol->written)
			continue;
		if (!is_state(symbol))
			fprintf(file, symbol->type == STRING ? "#define CONFIG_%s \"%s\"\n" : "#define CONFIG_%s %s\n",
				symbol->name, text_of(symbol));
		else if (symbol->state)
			fprintf(file, "#define CONFIG_%s%s 1\n", symbol->name, symbol->state == MOD ? "_MODULE" : "");
	}
	if (fclose(file))
		die("%s: cannot be written", path);
}

int main(int count, char **arguments)
{
	int i, silent;

	if (count != 3)
		die("usage: conf --defconfig=FILE | --oldnoconfig | --silentoldconfig Kconfig");
	if (getenv("KCONFIG_SOURCE"))
		source_directory = getenv("KCONFIG_SOURCE");
	silent = !strcmp(arguments[1], "--silentoldconfig");
	read_kconfig(arguments[2]);
	note_selectors();
	if (!strncmp(arguments[1], "--defconfig=", 12))
		read_values(arguments[1] + 12);
	else if (silent || !strcmp(arguments[1], "--oldnoconfig"))
		read_values(".config");
	else
		die("unknown mode %s", arguments[1]);
	for (i = 0; i < ordered; i++)
		resolve(order[i]);
	write_values(".config", 1);
	if (silent) {
		mkdir("include", 0777);
		mkdir("include/generated", 0777);
		mkdir("include/config", 0777);
		write_header("include/generated/autoconf.h");
		write_values("include/config/auto.conf", 0);
	}
	puts("#\n# configuration written to .config\n#");
	return 0;
}
