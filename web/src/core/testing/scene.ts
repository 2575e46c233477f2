/** The people and words of the pictures: a harbour at work. */
import { CoreDouble, person, type Scene } from './double';

const MINUTE = 60_000;

/** A morning at the harbour, as Ada sees it. */
export function harbour(scene: Scene = {}): CoreDouble {
  const ada = { ...person('Ada.Lindqvist', 7, 4, true), isAdmin: true };
  const ines = person('Ines.Okafor', 1, 0, true);
  const tomasz = person('Tomasz.Wilk', 5, 2, true);
  const mei = person('Mei-Lin', 10, 1);
  const per = person('Per_Nygaard', 2, 5);
  const ruth = person('Ruth', 11, 4);
  const double = new CoreDouble({ me: ada, people: [ada, ines, mei, per, ruth, tomasz], ...scene });
  const morning = new Date().setHours(9, 0, 0, 0);
  const at = (minute: number) => ({ sentAtMs: morning + minute * MINUTE });

  const withRuth = double.converse(ruth);
  double.say(withRuth, ruth, 'new ladder rules, they hang in the office', at(-3 * 1440));
  const withPer = double.converse(per);
  double.say(withPer, per, 'Thanks, that was the one', at(-2 * 1440));
  const withTomasz = double.converse(tomasz);
  double.say(withTomasz, ada, 'see you at the gate', at(-1400));
  const withMei = double.converse(mei);
  double.say(withMei, ada, 'sent the October readings', at(-5));
  const withInes = double.converse(ines);
  double.say(withInes, ines, 'Morning. The inspection moved to 14:30, the tide is with us until about five. Please bring:\n\n– the torque wrench and the short ladder\n– October readings, if anyone has them', at(12));
  double.say(withInes, ines, 'Then we can close step 14 for good.', at(13));
  double.say(withInes, ada, 'I have both in the van. Can Tomasz open the gate at two?', at(15));
  double.say(withInes, ines, 'Will ask him. Step 14 is loose again, he taped it off.', at(21));
  double.say(withInes, ines, 'He says yes.', at(38));
  double.say(withInes, ines, 'Gate code for today is with the harbour office.', at(39));
  double.conversations = double.conversations.map((each) => ({
    ...each,
    unread: each.conversation === withInes ? 2 : each.conversation === withRuth ? 1 : 0,
  }));
  return double;
}
