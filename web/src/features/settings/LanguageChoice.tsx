/** The language of the page: chosen here, or as the browser has it. */
import { ChoiceRows } from '../../components/ChoiceRows';
import { chosenLanguage, LANGUAGES, setLanguage, words } from '../../i18n/words';
import { Section } from './Section';

export function LanguageChoice() {
  const { language: text } = words;
  const choices = [
    { value: 'automatic' as const, title: text.automatic, hint: text.reloads },
    ...LANGUAGES.map((value) => ({ value, title: text.names[value], hint: '' })),
  ];
  return (
    <Section title={text.title}>
      <ChoiceRows
        label={text.choice}
        value={chosenLanguage ?? 'automatic'}
        choices={choices}
        onChange={(choice) => {
          setLanguage(choice === 'automatic' ? undefined : choice);
          location.reload();
        }}
      />
    </Section>
  );
}
